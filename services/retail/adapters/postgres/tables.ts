import { bigint, customType, integer, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';

/** The tables as Drizzle knows them, for the queries it writes; the migrations are the truth (`migrations/*.sql`), a test compares the two. */
export const retail = pgSchema('retail');

const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({ dataType: () => 'bytea' });

export const categories = retail.table('categories', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  name: text('name').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const stores = retail.table('stores', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  name: text('name').notNull(),
  country: text('country').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const users = retail.table('users', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  storeId: integer('store_id').notNull(),
  email: text('email').notNull(),
  name: text('name').notNull(),
  role: text('role').notNull().default('till'),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const products = retail.table('products', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  sku: text('sku').notNull(),
  name: text('name').notNull(),
  categoryId: integer('category_id').notNull(),
  pricePence: integer('price_pence').notNull(),
  version: integer('version').notNull().default(1),
  discontinuedAt: time('discontinued_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const customers = retail.table('customers', {
  id: integer('id').primaryKey(),
  country: text('country').notNull(),
  firstSeenAt: time('first_seen_at').notNull().defaultNow(),
});

export const loyaltyMembers = retail.table('loyalty_members', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity(),
  customerId: integer('customer_id').notNull(),
  points: integer('points').notNull().default(0),
  tier: text('tier', { enum: ['bronze', 'silver', 'gold'] })
    .notNull()
    .default('bronze'),
  joinedAt: time('joined_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const inventoryLevels = retail.table('inventory_levels', {
  storeId: integer('store_id').notNull(),
  productId: integer('product_id').notNull(),
  quantity: integer('quantity').notNull(),
  targetLevel: integer('target_level').notNull().default(120),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const transactions = retail.table('transactions', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  storeId: integer('store_id').notNull(),
  userId: integer('user_id'),
  customerId: integer('customer_id'),
  invoiceNo: text('invoice_no'),
  idempotencyKey: text('idempotency_key'),
  requestHash: bytes('request_hash'),
  totalPence: bigint('total_pence', { mode: 'number' }).notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const transactionLines = retail.table('transaction_lines', {
  transactionId: bigint('transaction_id', { mode: 'number' }).notNull(),
  lineNo: integer('line_no').notNull(),
  productId: integer('product_id').notNull(),
  quantity: integer('quantity').notNull(),
  unitPricePence: integer('unit_price_pence').notNull(),
});

export const stockMovements = retail.table('stock_movements', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  storeId: integer('store_id').notNull(),
  productId: integer('product_id').notNull(),
  kind: text('kind', { enum: ['opening', 'delivery', 'sale', 'adjustment'] }).notNull(),
  quantity: integer('quantity').notNull(),
  transactionId: bigint('transaction_id', { mode: 'number' }),
  idempotencyKey: text('idempotency_key'),
  requestHash: bytes('request_hash'),
  createdAt: time('created_at').notNull().defaultNow(),
});
