import type { Dataset } from '../../domain/sales-file.ts';

type Row = Readonly<Record<string, unknown>>;

/** How far an import is. */
export interface ImportProgress {
  /** The table that is being written. */
  readonly table: string;
  /** Rows written, of all tables. */
  readonly done: number;
  readonly total: number;
}

export interface BatchWriter {
  insertMany(table: string, rows: Iterable<Row>): Promise<unknown>;
  rows(text: string, values?: readonly unknown[]): Promise<unknown[]>;
}

/** Rows that go in one statement: progress is told after each. */
const chunkRows = 5000;

/** Writes a whole data set through the batch writer, parents before children, and sets the counters of the ids behind it. */
export async function writeDataset(writer: BatchWriter, dataset: Dataset, onProgress: (progress: ImportProgress) => void): Promise<number> {
  const tables = tablesOf(dataset);
  const total = tables.reduce((sum, { count }) => sum + count, 0);
  let done = 0;
  for (const { table, rows } of tables) {
    for (const chunk of chunks(rows)) {
      await writer.insertMany(`retail.${table}`, chunk);
      done += chunk.length;
      onProgress({ table, done, total });
    }
  }
  for (const table of ['categories', 'stores', 'users', 'products', 'loyalty_members', 'transactions', 'stock_movements']) {
    await writer.rows(`select setval(pg_get_serial_sequence('retail.${table}', 'id'), greatest((select max(id) from retail.${table}), 1))`);
  }
  return done;
}

function* chunks(rows: Iterable<Row>): Generator<Row[]> {
  let chunk: Row[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < chunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

interface Table {
  readonly table: string;
  readonly count: number;
  readonly rows: Iterable<Row>;
}

function tablesOf(dataset: Dataset): Table[] {
  const { categories, stores, users, products, customers, members, transactions, movements, levels } = dataset;
  const table = <Item>(name: string, items: readonly Item[], row: (item: Item) => Row): Table => ({
    table: name,
    count: items.length,
    rows: mapped(items, row),
  });
  return [
    table('categories', categories, ({ id, name }) => ({ id, name })),
    table('stores', stores, ({ id, name, country }) => ({ id, name, country })),
    table('users', users, ({ id, storeId, email, name }) => ({ id, store_id: storeId, email, name })),
    table('products', products, ({ id, sku, name, categoryId, pricePence }) => ({ id, sku, name, category_id: categoryId, price_pence: pricePence })),
    table('customers', customers, ({ id, country, firstSeenAt }) => ({ id, country, first_seen_at: firstSeenAt })),
    table('loyalty_members', members, ({ customerId, points, tier, joinedAt }) => ({ customer_id: customerId, points, tier, joined_at: joinedAt })),
    table('inventory_levels', levels, ({ storeId, productId, quantity, targetLevel }) => ({
      store_id: storeId,
      product_id: productId,
      quantity,
      target_level: targetLevel,
    })),
    table('transactions', transactions, ({ id, storeId, customerId, invoiceNo, totalPence, createdAt }) => ({
      id,
      store_id: storeId,
      user_id: storeId, // the till account of a store has its number
      customer_id: customerId ?? null,
      invoice_no: invoiceNo,
      total_pence: totalPence,
      created_at: createdAt,
    })),
    {
      table: 'transaction_lines',
      count: transactions.reduce((sum, { lines }) => sum + lines.length, 0),
      rows: linesOf(transactions),
    },
    table('stock_movements', movements, ({ storeId, productId, kind, quantity, transactionId, createdAt }) => ({
      store_id: storeId,
      product_id: productId,
      kind,
      quantity,
      transaction_id: transactionId ?? null,
      created_at: createdAt,
    })),
  ];
}

function* mapped<Item>(items: readonly Item[], row: (item: Item) => Row): Generator<Row> {
  for (const item of items) yield row(item);
}

function* linesOf(transactions: Dataset['transactions']): Generator<Row> {
  for (const { id, lines } of transactions) {
    for (const [index, { productId, quantity, unitPricePence }] of lines.entries()) {
      yield { transaction_id: id, line_no: index + 1, product_id: productId, quantity, unit_price_pence: unitPricePence };
    }
  }
}
