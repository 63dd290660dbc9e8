import { ConflictError, NotFoundError } from './errors.ts';
import type { Page, PageRequest } from './pages.ts';
import type { Cached, Call } from './ports.ts';

export interface Product {
  readonly id: number;
  /** The stock code in the sales file. One product that is on sale has it. */
  readonly sku: string;
  readonly name: string;
  readonly categoryId: number;
  readonly pricePence: number;
  /** Goes up by one with every change. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Category {
  readonly id: number;
  readonly name: string;
  readonly products: number;
}

export interface ProductDraft {
  readonly sku: string;
  readonly name: string;
  readonly categoryId: number;
  readonly pricePence: number;
}

export type ProductChanges = { readonly [Key in keyof ProductDraft]?: ProductDraft[Key] | undefined };

export const productSorts = ['id', '-id', 'name', '-name', 'pricePence', '-pricePence'] as const;
export type ProductSort = (typeof productSorts)[number];
export const productFields = [
  'id',
  'sku',
  'name',
  'categoryId',
  'pricePence',
  'version',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof Product)[];
export type ProductField = (typeof productFields)[number];

export interface ProductFilters {
  readonly categoryId?: number | undefined;
  readonly minPricePence?: number | undefined;
  readonly maxPricePence?: number | undefined;
  readonly sort: ProductSort;
  /** Only these columns are read and answered; undefined = all. */
  readonly fields?: readonly ProductField[] | undefined;
}

export type ProductItem = Partial<Product>;

export interface FoundProduct extends Product {
  /** How well it fits; only the order means anything. */
  readonly rank: number;
}

/** Where products are kept. */
export interface ProductStore {
  /** Keyset or offset, as the request says. */
  list(filters: ProductFilters, page: PageRequest, call?: Call): Promise<Page<ProductItem>>;
  search(words: string, page: PageRequest, call?: Call): Promise<Page<FoundProduct>>;
  /** Undefined where another product on sale has that SKU; `MILLRACE_QUERY` never leaves for that reason. */
  insert(draft: ProductDraft, call?: Call): Promise<Product | 'sku taken' | 'no such category'>;
  update(id: number, changes: ProductChanges, version: number | undefined, call?: Call): Promise<Product | 'sku taken' | 'no such category' | undefined>;
  discontinue(id: number, version: number | undefined, call?: Call): Promise<boolean>;
  /** The version in the table, past every cache; undefined where there is no such product on sale. */
  versionOf(id: number, call?: Call): Promise<number | undefined>;
}

/** What the catalogue is asked. `version` on a write is the one the caller means to change. */
export interface Catalogue {
  getProduct(id: number, call?: Call): Promise<Product>;
  listProducts(filters: ProductFilters, page: PageRequest, call?: Call): Promise<Page<ProductItem>>;
  searchProducts(words: string, page: PageRequest, call?: Call): Promise<Page<FoundProduct>>;
  createProduct(draft: ProductDraft, call?: Call): Promise<Product>;
  updateProduct(id: number, changes: ProductChanges, version?: number, call?: Call): Promise<Product>;
  deleteProduct(id: number, version?: number, call?: Call): Promise<void>;
}

/** The catalogue over its store, read through the cache; every write invalidates what it changed, the failed ones too: their outcome may be unknown. */
export function catalogue(store: ProductStore, cached: Cached<number, Product>, categoriesChanged: () => Promise<unknown>): Catalogue {
  const refusal = async (id: number, version: number | undefined, call?: Call): Promise<Error> => {
    const found = await store.versionOf(id, call);
    if (found === undefined) return new NotFoundError('product', id);
    return new ConflictError('version-conflict', `Product ${id} is at version ${found}, not ${version}`, { version: found });
  };
  return {
    async getProduct(id, call) {
      const product = await cached.get(id, call);
      if (!product) throw new NotFoundError('product', id);
      return product;
    },
    listProducts: (filters, page, call) => store.list(filters, page, call),
    searchProducts: (words, page, call) => store.search(words, page, call),
    async createProduct(draft, call) {
      const created = await store.insert(draft, call);
      if (typeof created === 'string') throw refusedDraft(created, draft);
      await Promise.all([cached.invalidate(created.id), categoriesChanged()]); // somebody may have asked for this id before it was there
      return created;
    },
    async updateProduct(id, changes, version, call) {
      try {
        const updated = await store.update(id, changes, version, call);
        if (typeof updated === 'string') throw refusedDraft(updated, changes);
        if (!updated) throw await refusal(id, version, call);
        return updated;
      } finally {
        await cached.invalidate(id);
        if (changes.categoryId !== undefined) await categoriesChanged();
      }
    },
    async deleteProduct(id, version, call) {
      try {
        if (!(await store.discontinue(id, version, call))) throw await refusal(id, version, call);
      } finally {
        await cached.invalidate(id);
        await categoriesChanged();
      }
    },
  };
}

const refusedDraft = (why: 'sku taken' | 'no such category', { sku, categoryId }: ProductChanges): Error =>
  why === 'sku taken' ? new ConflictError('conflict', `Another product on sale has the SKU ${sku}`, { sku }) : new NotFoundError('category', categoryId ?? '');
