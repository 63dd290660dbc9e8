import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Cache } from 'millrace/cache';
import { type Database, migrate } from 'millrace/database';
import { cachedReads } from './adapters/cached.ts';
import { signedCursors } from './adapters/http/cursor.ts';
import { mountRoutes } from './adapters/http/mount.ts';
import type { Route } from './adapters/http/route.ts';
import { directoryRoutes } from './adapters/http/routes/people.ts';
import { productRoutes } from './adapters/http/routes/products.ts';
import { saleRoutes } from './adapters/http/routes/sales.ts';
import { storeRoutes } from './adapters/http/routes/stores.ts';
import { type ImportReport, importSales } from './adapters/import/import-sales.ts';
import type { ImportProgress } from './adapters/import/write-dataset.ts';
import { importTarget, retailDatabase } from './adapters/postgres/database.ts';
import { directoryStore } from './adapters/postgres/directory-store.ts';
import { inventoryStore } from './adapters/postgres/inventory-store.ts';
import { ormOn } from './adapters/postgres/orm.ts';
import { productStore } from './adapters/postgres/product-store.ts';
import { reportStore } from './adapters/postgres/report-store.ts';
import { saleStore } from './adapters/postgres/sale-store.ts';
import { type Inventory, inventory } from './domain/inventory.ts';
import { type Directory, directory } from './domain/people.ts';
import { type Catalogue, catalogue } from './domain/products.ts';
import type { ReportQuery, SalesReport } from './domain/reports.ts';
import { type Sales, sales } from './domain/sales.ts';
import { reorderLevel } from './domain/stock.ts';
import { retailMigrations } from './migrations/index.ts';

/** Where the service says what it does: pino's shape. */
export interface RetailLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface RetailOptions {
  /** What `createMillrace()` returned; these two parts are used. */
  readonly millrace: { readonly database: Database; readonly cache: Cache };
  /** With `millraceFastify` registered. */
  readonly app: FastifyInstance;
  readonly log: RetailLog;
  /** Signs the cursors of pages, 16 bytes at least, the same on every instance: `MILLRACE_HTTP_CURSOR_KEY`. */
  readonly cursorKey: string | Uint8Array;
  /** Whether tables are made (`auto`), must be there (`check`), or are nobody's business here (`off`). @default 'auto' */
  readonly migrations?: 'auto' | 'check' | 'off' | undefined;
  /** The sales to import. @default the file in `data/` */
  readonly salesFile?: string | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** How often low shelves are filled, ms; 0 = never. @default 60,000 */
  readonly restockEveryMs?: number | undefined;
}

/** The service: what it can do as functions, and the same over HTTP. */
export interface Retail extends Catalogue, Inventory, Sales, Directory {
  salesReport(query: ReportQuery): Promise<SalesReport>;
  /** Makes the tables, imports the sales once, begins to fill low shelves. */
  start(): Promise<ImportReport>;
  /** Serves `/retail/…` on the application. Before it listens. */
  routes(): Promise<void>;
  /** Ends what `start` began. Harmless when it did not, or twice. */
  stop(): Promise<void>;
}

const version = '0.1.0';
const shippedSales = join(import.meta.dirname, 'data', 'online-retail.csv');

export function createRetail(options: RetailOptions): Retail {
  const { millrace, app, log, cursorKey, migrations: mode = 'auto', salesFile = shippedSales, onProgress = () => {}, restockEveryMs = 60_000 } = options;
  const orm = ormOn(millrace.database);
  const database = retailDatabase(millrace.database);
  const reads = cachedReads(millrace.cache, orm, database, reportStore(database));
  const products = catalogue(productStore(orm, database), reads.product, reads.categoriesChanged);
  const people = directory({ store: directoryStore(database), ...reads });
  const stock = inventory({
    store: inventoryStore(database),
    levels: reads.level,
    getProduct: products.getProduct,
    storeExists: async (id, call) => (await reads.stores(call)).some((store) => store.id === id),
    hashOf: (order) => hashOf([order.storeId, order.productId, order.kind, order.quantity]),
  });
  const tills = sales({
    store: saleStore(database),
    hashOf: ({ storeId, customerId, lines }) => hashOf([storeId, customerId ?? null, lines.map(({ productId, quantity }) => [productId, quantity])]),
    sold: ({ storeId, customerId, lines }) =>
      Promise.all([
        ...lines.map(({ productId }) => reads.level.invalidate({ storeId, productId })),
        customerId === undefined ? undefined : reads.loyalty.invalidate(customerId),
      ]),
  });
  const restocking = new Restocking(stock, log, restockEveryMs);
  return {
    ...products,
    ...people,
    ...stock,
    ...tills,
    salesReport: (query) => reads.salesReport(query),
    async start() {
      await migrate(retailMigrations, { mode }, { connect: () => millrace.database.connectDirect() });
      const report = await importSales(importTarget(millrace.database), salesFile, onProgress);
      const { outcome, file, lines, accepted, rejected, rows } = report;
      log.info({ event: 'retail.sales.imported', outcome, file, lines, accepted, rejected: rejected.counts, rows }, importWords(report));
      restocking.start();
      return report;
    },
    routes: () => mountRoutes(app, routesOf(products, stock, people, tills, reads.salesReport, cursorKey), { version, policy }),
    stop: () => restocking.stop(),
  };
}

const hashOf = (value: unknown): Uint8Array => createHash('sha256').update(JSON.stringify(value)).digest();

function routesOf(
  products: Catalogue,
  stock: Inventory,
  people: Directory,
  tills: Sales,
  salesReport: Parameters<typeof saleRoutes>[1],
  cursorKey: string | Uint8Array,
): Route[] {
  const cursors = signedCursors(cursorKey);
  return [
    ...productRoutes(products, stock, cursors),
    ...storeRoutes(people, stock, tills, cursors),
    ...saleRoutes(tills, salesReport),
    ...directoryRoutes(people),
  ];
}

/** A till waits for its sale: it comes first. A report can wait, and takes longer. */
const policy: Parameters<typeof mountRoutes>[2]['policy'] = ({ id }) => {
  if (id === 'createSale') return { priority: 'high', timeout: '10s' };
  if (id === 'getSalesReport') return { priority: 'low', timeout: '30s' };
  return { timeout: '10s' };
};

const importWords = ({ outcome, file, lines, accepted, rejected, rows }: ImportReport): string => {
  if (outcome === 'present') return `The sales of ${file} are here already`;
  const reasons = Object.entries(rejected.counts).map(([reason, count]) => `${count} ${reason}`);
  return `Imported ${accepted} of ${lines} lines of ${file} into ${rows} rows; rejected: ${reasons.length === 0 ? 'none' : reasons.join(', ')}`;
};

/** Fills low shelves now and then, one round at a time. */
class Restocking {
  readonly #stock: Inventory;
  readonly #log: RetailLog;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  constructor(stock: Inventory, log: RetailLog, everyMs: number) {
    this.#stock = stock;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  start(): void {
    if (this.#everyMs === 0 || this.#timer) return;
    this.#timer = setInterval(() => {
      this.#round ??= this.#fill().finally(() => {
        this.#round = undefined;
      });
    }, this.#everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  async #fill(): Promise<void> {
    try {
      const filled = await this.#stock.restock(reorderLevel);
      if (filled > 0) this.#log.info({ event: 'retail.shelves.filled', shelves: filled }, `Deliveries filled ${filled} shelves`);
    } catch (error) {
      this.#log.warn({ event: 'retail.shelves.failed', err: error }, 'Low shelves were not filled this time');
    }
  }
}
