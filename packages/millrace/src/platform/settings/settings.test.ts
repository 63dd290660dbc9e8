import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigFile, resolveSettings, settings } from './index.ts';

const problemsOf = (config: object, env: Record<string, string> = {}): string[] => {
  try {
    resolveSettings(config as never, env, undefined);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
};

it('O2 call beats environment beats file beats default, and each value knows where it came from', () => {
  const file = { name: 'millrace.config.ts', tree: { database: { pool: { maxConnections: 7, minConnections: 1 } }, cache: { defaultTtl: '5m' } } };
  const read = resolveSettings({ database: { pool: { maxConnections: 9 } } }, { DB_POOL_MAX: '8', DB_POOL_MIN: '2' }, file);
  expect([read.get('database.pool.maxConnections'), read.get('database.pool.minConnections'), read.get('cache.defaultTtl')]).toEqual([9, 2, 300_000]);
  const source = (path: string) => read.origins.find((one) => one.path === path)?.source;
  expect(['database.pool.maxConnections', 'database.pool.minConnections', 'cache.defaultTtl', 'http.port'].map(source)).toEqual([
    'createMillrace()',
    'DB_POOL_MIN',
    'millrace.config.ts',
    'default',
  ]);
});

it('O2 every name of the tables is accepted, and the bare numbers have the unit of their table', () => {
  const read = resolveSettings(
    {},
    { CACHE_DEFAULT_TTL: '600', DB_POOL_CONNECTION_TIMEOUT: '1500', DB_QUERY_TIMEOUT: '45s', DB_POOL_SIZE: '33', PERF_ERROR_RATE_PERCENT: '2.5' },
    undefined,
  );
  expect(
    [
      'cache.defaultTtl',
      'database.pool.acquireTimeout',
      'database.pool.statementTimeout',
      'database.pool.maxConnections',
      'monitoring.thresholds.errorRatePercent',
    ].map((path) => read.get(path)),
  ).toEqual([600_000, 1500, 45_000, 33, 2.5]);
});

it('O2 two different values for one setting stop the start; the same value twice does not', () => {
  expect(problemsOf({}, { DB_POOL_MAX: '8', DB_POOL_SIZE: '9' })).toEqual(['DB_POOL_SIZE is "9": DB_POOL_MAX says "8"; set one of them']);
  expect(problemsOf({}, { DB_POOL_MAX: '8', DB_POOL_SIZE: '8' })).toEqual([]);
});

it('O2 an unknown MILLRACE_ name stops the start with the nearest name, others are not ours', () => {
  expect(problemsOf({}, { MILLRACE_CACHE_MEMORY_SIZ: '1MiB', OTHER: 'x' })).toEqual([
    'MILLRACE_CACHE_MEMORY_SIZ is not a setting: did you mean MILLRACE_CACHE_MEMORY_SIZE?',
  ]);
});

it('O2 a wrong value names the variable, what was found and what is allowed', () => {
  expect(problemsOf({}, { PORT: '70000', MILLRACE_CACHE_MEMORY_SIZE: '64mb' })).toEqual([
    'MILLRACE_CACHE_MEMORY_SIZE (cache.memory.size) is "64mb": write a size such as 64MiB (67108864 bytes) or 64MB (64000000 bytes), from 1MiB to 64GiB',
    'PORT (http.port) is 70000: write a whole number from 0 to 65535',
  ]);
  expect(problemsOf({ cache: { memory: { sise: '1MiB' } } })).toEqual([
    'cache.memory.sise is not a setting (createMillrace()): did you mean cache.memory.size?',
  ]);
});

it('X6 a wrong secret is never shown', () => {
  const [line] = problemsOf({}, { DATABASE_URL: 'mysql://root:hunter2@db/shop' });
  expect(line).toMatch(/^DATABASE_URL \(databaseUrl\) is not usable: write a URL such as postgres:/);
  const read = resolveSettings({}, { DATABASE_URL: 'postgres://shop:hunter2@db/shop' }, undefined);
  expect(JSON.stringify(read.origins)).not.toContain('hunter2');
});

it('O2 the parts make a URL, with the URL itself winning', () => {
  const parts = { DB_HOST: 'db.internal', DB_PORT: '6432', DB_USERNAME: 'shop', DB_PASSWORD: 'a/b@c', DB_NAME: 'shop' };
  expect(resolveSettings({}, parts, undefined).get('databaseUrl')).toBe('postgres://shop:a%2Fb%40c@db.internal:6432/shop');
  expect(resolveSettings({}, { ...parts, DATABASE_URL: 'postgres://other/db' }, undefined).get('databaseUrl')).toBe('postgres://other/db');
});

it('O2 the parts of Redis make a URL too', () => {
  const read = resolveSettings({}, { REDIS_HOST: 'cache.internal', REDIS_PASSWORD: 'a/b', REDIS_DB: '3', REDIS_CLUSTER_NODES: 'a:1, b:2' }, undefined);
  expect([read.get('redisUrl'), read.get('redis.nodes')]).toEqual(['redis://:a%2Fb@cache.internal:6379/3', ['a:1', 'b:2']]);
});

it('O2 a name whose part does not exist yet warns once, a near miss warns, nothing stops', () => {
  const { warnings } = resolveSettings({}, { MAX_REPLICAS: '4', DB_POOL_MAXX: '4' }, undefined);
  expect(warnings).toEqual([
    'MAX_REPLICAS is known, but there is no autoscaler yet: it has no effect',
    'DB_POOL_MAXX is not a setting; did you mean DB_POOL_MAX?',
  ]);
});

it('O2 no two settings share a name or a path', () => {
  const names = settings.flatMap(({ env, aliases }) => [env, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(settings.map(({ path }) => path)).size).toBe(settings.length);
});

it('O2 a configuration file is read from the folder, and a broken one is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
  expect(await readConfigFile(folder, undefined)).toBeUndefined();
  writeFileSync(join(folder, 'millrace.config.ts'), 'export const config: object = { cache: { defaultTtl: "5m" } };\n');
  expect(await readConfigFile(folder, undefined)).toEqual({ name: 'millrace.config.ts', tree: { cache: { defaultTtl: '5m' } } });
  writeFileSync(join(folder, 'other.mjs'), 'export const settings = {};\n');
  await expect(readConfigFile(folder, 'other.mjs')).rejects.toThrow('other.mjs is without a configuration');
  await expect(readConfigFile(folder, 'missing.mjs')).rejects.toThrow('MILLRACE_CONFIG_FILE is missing.mjs, which is not there');
  rmSync(folder, { recursive: true });
});
