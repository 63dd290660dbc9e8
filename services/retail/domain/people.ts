import { NotFoundError } from './errors.ts';
import type { LoyaltyMember } from './loyalty.ts';
import type { Cached, Call } from './ports.ts';
import type { Category } from './products.ts';

export interface Store {
  readonly id: number;
  readonly name: string;
  readonly country: string;
}

export interface User {
  readonly id: number;
  readonly storeId: number;
  readonly email: string;
  readonly name: string;
  readonly role: string;
}

/** Short lists and single rows that change seldom. */
export interface DirectoryStore {
  /** In any case of its letters. */
  userIdByEmail(email: string, call?: Call): Promise<number | undefined>;
}

export interface Directory {
  listStores(call?: Call): Promise<readonly Store[]>;
  getStore(id: number, call?: Call): Promise<Store>;
  listCategories(call?: Call): Promise<readonly Category[]>;
  getCategory(id: number, call?: Call): Promise<Category>;
  getUser(id: number, call?: Call): Promise<User>;
  findUser(email: string, call?: Call): Promise<User>;
  getLoyalty(customerId: number, call?: Call): Promise<LoyaltyMember>;
}

export interface DirectoryPorts {
  readonly store: DirectoryStore;
  readonly stores: (call?: Call) => Promise<readonly Store[]>;
  readonly categories: (call?: Call) => Promise<readonly Category[]>;
  readonly category: Cached<number, Category>;
  readonly user: Cached<number, User>;
  readonly loyalty: Cached<number, LoyaltyMember>;
}

const known = <Value>(value: Value | undefined, what: string, id: string | number): Value => {
  if (value === undefined) throw new NotFoundError(what, id);
  return value;
};

export function directory({ store, stores, categories, category, user, loyalty }: DirectoryPorts): Directory {
  const getUser = async (id: number, call?: Call): Promise<User> => known(await user.get(id, call), 'user', id);
  return {
    listStores: stores,
    listCategories: categories,
    getUser,
    getStore: async (id, call) =>
      known(
        (await stores(call)).find((one) => one.id === id),
        'store',
        id,
      ),
    getCategory: async (id, call) => known(await category.get(id, call), 'category', id),
    findUser: async (email, call) => getUser(known(await store.userIdByEmail(email, call), 'user', email), call),
    getLoyalty: async (customerId, call) => known(await loyalty.get(customerId, call), 'loyalty member with customer number', customerId),
  };
}
