import { integer, passed, required, resolveOptions, text } from '../kernel/index.ts';
import { createDatabase, type Database, type DatabasePorts } from './database.ts';
import { FacePool } from './pg-face/index.ts';

/** pg-pool's names for what our pool can do; an option it cannot honour is refused, not ignored. */
export interface DropInPoolOptions {
  readonly connectionString: string;
  /** @default 20 */
  readonly max?: number | undefined;
  /** @default 0, as in pg-pool */
  readonly min?: number | undefined;
  /** ms. @default 30000 */
  readonly idleTimeoutMillis?: number | undefined;
  /** ms to wait for a connection. @default 5000; pg-pool waits for ever */
  readonly connectionTimeoutMillis?: number | undefined;
  /** ms for one statement, which is then cancelled on the server. @default 30000 */
  readonly query_timeout?: number | undefined;
  readonly application_name?: string | undefined;
  /** Where the events go, and the clock. */
  readonly ports?: DatabasePorts | undefined;
}

const rules = {
  connectionString: required(text()),
  max: integer(1, 500, 20),
  min: integer(0, 500, 0),
  idleTimeoutMillis: integer(1000, 86_400_000, 30_000),
  connectionTimeoutMillis: integer(10, 60_000, 5000),
  query_timeout: integer(10, 86_400_000, 30_000),
  application_name: text('millrace'),
  ports: passed<DatabasePorts>(),
};

/** In the place of `new pg.Pool(…)`: a pool of its own that connects with its first query and ends with `end()`. */
export class Pool extends FacePool {
  /** What the face does not show: figures, statements, transactions. */
  readonly database: Database;

  constructor(given: DropInPoolOptions) {
    const read = resolveOptions('pool', given, rules);
    const { max, min, idleTimeoutMillis, connectionTimeoutMillis, query_timeout: statementTimeout, application_name: applicationName } = read;
    const pool = { maxConnections: max, minConnections: min, idleTimeout: idleTimeoutMillis, acquireTimeout: connectionTimeoutMillis, statementTimeout };
    const database = createDatabase({ url: read.connectionString, applicationName, pool }, read.ports);
    super(hostOf(database), { max, min, idleTimeoutMillis, maxUses: Number.POSITIVE_INFINITY, allowExitOnIdle: false, maxLifetimeSeconds: 1800 });
    this.database = database;
  }
}

function hostOf(database: Database): ConstructorParameters<typeof FacePool>[0] {
  let started: Promise<void> | undefined;
  const face = database.pool();
  const start = (): Promise<void> => {
    started ??= database.start().catch((error: unknown) => {
      started = undefined;
      throw error;
    });
    return started;
  };
  return {
    run: (statement) => start().then(() => database.run(statement)),
    lend: () => start().then(() => database.getConnection()),
    counts: () => ({ total: face.totalCount, idle: face.idleCount, waiting: face.waitingCount }),
    end: () => database.stop(),
  };
}
