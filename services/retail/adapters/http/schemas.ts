import { z } from 'zod';
import { tiers } from '../../domain/loyalty.ts';
import { productFields, productSorts } from '../../domain/products.ts';
import { groupings, longestRangeDays } from '../../domain/reports.ts';
import { movementKinds } from '../../domain/stock.ts';

/**
 * One set of schemas: they check what comes in, give the handlers their types, and are the OpenAPI document. Texts of a path or a query are turned into numbers
 * by strict rules (`'1e3'`, `''` and `' 7'` are no numbers here); `meta` tells the document what the text stands for.
 */
const largestId = 2_147_483_647;
const largestBigId = Number.MAX_SAFE_INTEGER;

const whole = (lowest: number, highest: number, description: string) =>
  z
    .string()
    .refine((text) => /^\d{1,16}$/.test(text) && Number(text) >= lowest && Number(text) <= highest, `must be a whole number from ${lowest} to ${highest}`)
    .transform(Number)
    .meta({ type: 'integer', minimum: lowest, maximum: highest, description });

export const idOf = (what: string) => whole(1, largestId, `The ${what}'s id`);
export const bigIdOf = (what: string) => whole(1, largestBigId, `The ${what}'s id`);

export const mostItems = 100;

/** `limit` is capped, not refused: whoever asks for a thousand gets the hundred there are for one page. */
const limitOf = (usual: number, most: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= 1, 'must be a whole number from 1')
    .transform((text) => Math.min(Number(text), most))
    .default(usual)
    .meta({ type: 'integer', minimum: 1, default: usual, description: `At most so many; more than ${most} is taken as ${most}` });
const limit = limitOf(20, mostItems);

const cursor = z.string().max(1024).optional().meta({ description: 'Taken unchanged from `nextCursor` of the page before' });

export const keysetQuery = { limit, cursor };

const pence = z.int().min(1).max(100_000_000).meta({ description: 'Whole pence (GBP)' });
const penceText = (description: string) => whole(0, 100_000_000, description).optional();

const listOf = <Word extends string>(words: readonly [Word, ...Word[]], description: string) =>
  z
    .string()
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(words, `must be a comma list of ${words.join(', ')}`)))
    .optional()
    .meta({ description });

export const productQuery = z
  .strictObject({
    category: idOf('category').optional(),
    minPricePence: penceText('Lowest price, pence'),
    maxPricePence: penceText('Highest price, pence'),
    sort: z
      .enum(productSorts, `must be one of ${productSorts.join(', ')}`)
      .default('id')
      .meta({ description: 'A minus sorts downward' }),
    fields: listOf(productFields, 'Only these fields: they are the columns that are read'),
    page: whole(1, 1000, 'An offset page with totals, instead of a cursor').optional(),
    ...keysetQuery,
  })
  .refine(({ page, cursor: after }) => page === undefined || after === undefined, { path: ['page'], message: 'cannot stand beside cursor' })
  .refine(({ minPricePence = 0, maxPricePence = 100_000_000 }) => minPricePence <= maxPricePence, {
    path: ['maxPricePence'],
    message: 'is below minPricePence',
  });

export const searchQuery = z.strictObject({
  q: z
    .string()
    .trim()
    .min(2, 'must have 2 to 100 characters')
    .max(100, 'must have 2 to 100 characters')
    .meta({ description: 'Words, "a phrase", or, -without' }),
  ...keysetQuery,
});

// Control characters are refused: the name ends up in logs, on receipts and in headers of exports. PostgreSQL could not even keep a NUL.
const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, `must have 1 to ${longest} characters`)
    .max(longest, `must have 1 to ${longest} characters`)
    .refine((text) => !/\p{Cc}|\p{Surrogate}/u.test(text), 'may hold no control characters');

const draftShape = {
  sku: line(40).regex(/^[A-Za-z0-9-]+$/, 'may hold letters, digits and -'),
  name: line(200),
  categoryId: z.int().min(1).max(largestId),
  pricePence: pence,
};
export const productDraft = z.strictObject(draftShape).meta({ id: 'ProductDraft' });
export const productChanges = z
  .strictObject(draftShape)
  .partial()
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), { message: 'must change something' })
  .meta({ id: 'ProductChanges', minProperties: 1 });

export const idempotencyKey = z.object({
  'idempotency-key': z
    .string('is missing')
    .regex(/^[\x21-\x7e]{8,128}$/, 'must have 8 to 128 visible ASCII characters')
    .meta({ description: 'Chosen by the caller; the same key gives the same answer' }),
});

export const ifMatch = z.object({
  'if-match': z
    .string()
    .regex(/^"\d{1,9}"$/, 'must be a version in quotes, as the ETag was')
    .transform((tag) => Number(tag.slice(1, -1)))
    .optional()
    .meta({ type: 'string', description: 'Only if the product still has this ETag' }),
});

export const saleOrder = z
  .strictObject({
    storeId: z.int().min(1).max(largestId),
    customerId: z.int().min(1).max(largestId).optional(),
    lines: z
      .array(z.strictObject({ productId: z.int().min(1).max(largestId), quantity: z.int().min(1).max(1_000_000) }))
      .min(1, 'must have 1 to 200 lines')
      .max(200, 'must have 1 to 200 lines'),
  })
  .meta({ id: 'SaleOrder' });

export const movementOrder = z
  .strictObject({
    kind: z.enum(['delivery', 'adjustment']),
    quantity: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .refine((pieces) => pieces !== 0, 'must not be 0'),
  })
  .refine(({ kind, quantity }) => kind !== 'delivery' || quantity > 0, { path: ['quantity'], message: 'of a delivery must be positive' })
  .meta({ id: 'MovementOrder' });

const day = z.iso
  .date({ error: 'must be a day such as 2010-12-01', abort: true })
  .refine((text) => Number(text.slice(0, 4)) >= 1900, 'must be in 1900 or later');

export const transactionQuery = z.strictObject({
  from: day.optional().meta({ description: 'First day, UTC' }),
  to: day.optional().meta({ description: 'Last day, UTC' }),
  ...keysetQuery,
});

export const inventoryQuery = z.strictObject({ below: whole(1, 1_000_000, 'Only shelves that hold fewer').optional(), ...keysetQuery });

export const reportQuery = z.strictObject({
  from: day.meta({ description: 'First day, UTC' }),
  to: day.meta({ description: `Last day, UTC; ${longestRangeDays} days at most` }),
  by: z.enum(groupings, `must be one of ${groupings.join(', ')}`).default('day'),
  store: idOf('store').optional(),
  limit: limitOf(100, longestRangeDays),
});

export const emailQuery = z.strictObject({ email: z.email('must be an e-mail address').max(254) });

// ---- what goes out ------------------------------------------------------------------------------------------------------------------------------------

const time = z.iso.datetime().meta({ description: 'UTC' });
const page = <Item extends z.ZodType>(item: Item, id: string) =>
  z.object({ items: z.array(item), limit: z.int(), nextCursor: z.string().nullable().meta({ description: 'null on the last page' }) }).meta({ id });

export const product = z
  .object({
    id: z.int(),
    sku: z.string(),
    name: z.string(),
    categoryId: z.int(),
    pricePence: z.int(),
    version: z.int(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Product' });
const productItem = product.partial().meta({ id: 'ProductItem' });
export const productPage = z
  .union([
    page(productItem, 'ProductKeysetPage'),
    z.object({ items: z.array(productItem), total: z.int(), page: z.int(), limit: z.int(), totalPages: z.int() }).meta({ id: 'ProductOffsetPage' }),
  ])
  .meta({ id: 'ProductPage' });
export const foundPage = page(product.extend({ rank: z.number() }).meta({ id: 'FoundProduct' }), 'FoundProductPage');
export const productWithStock = product
  .extend({
    totalQuantity: z.int(),
    stores: z.array(z.object({ storeId: z.int(), storeName: z.string(), country: z.string(), quantity: z.int() })),
  })
  .meta({ id: 'ProductWithStock' });

export const category = z.object({ id: z.int(), name: z.string(), products: z.int() }).meta({ id: 'Category' });
export const categoryList = z.object({ items: z.array(category) }).meta({ id: 'CategoryList' });
const store = z.object({ id: z.int(), name: z.string(), country: z.string() }).meta({ id: 'Store' });
export const storeList = z.object({ items: z.array(store) }).meta({ id: 'StoreList' });
export const user = z.object({ id: z.int(), storeId: z.int(), email: z.string(), name: z.string(), role: z.string() }).meta({ id: 'User' });
export const loyalty = z
  .object({ id: z.int(), customerId: z.int(), country: z.string(), tier: z.enum(tiers), points: z.int(), joinedAt: time })
  .meta({ id: 'LoyaltyMember' });

export const level = z.object({ storeId: z.int(), productId: z.int(), quantity: z.int(), updatedAt: time }).meta({ id: 'InventoryLevel' });
export const levelPage = page(level.extend({ sku: z.string(), name: z.string() }).meta({ id: 'InventoryItem' }), 'InventoryPage');
export const movement = z
  .object({
    id: z.int(),
    storeId: z.int(),
    productId: z.int(),
    kind: z.enum(movementKinds),
    quantity: z.int(),
    transactionId: z.int().nullable(),
    createdAt: time,
  })
  .meta({ id: 'Movement' });
export const movementPage = page(movement, 'MovementPage');

const saleHead = {
  id: z.int(),
  storeId: z.int(),
  customerId: z.int().nullable(),
  invoiceNo: z.string().nullable(),
  totalPence: z.int(),
  createdAt: time,
};
export const sale = z
  .object({
    ...saleHead,
    lines: z.array(z.object({ lineNo: z.int(), productId: z.int(), sku: z.string(), name: z.string(), quantity: z.int(), unitPricePence: z.int() })),
  })
  .meta({ id: 'Sale' });
export const salePage = page(z.object({ ...saleHead, pieces: z.int() }).meta({ id: 'SaleHead' }), 'SalePage');

const sums = { sales: z.int(), pieces: z.int(), turnoverPence: z.int() };
export const report = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    by: z.enum(groupings),
    storeId: z.int().nullable(),
    limit: z.int(),
    rows: z.array(z.object({ key: z.string(), label: z.string(), ...sums })),
    totals: z.object(sums),
    asOf: time.meta({ description: 'When it was read: a report may be 15 minutes old' }),
  })
  .meta({ id: 'SalesReport' });

export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().optional(),
    requestId: z.string(),
    errors: z.array(z.object({ in: z.enum(['path', 'query', 'headers', 'body']), field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
