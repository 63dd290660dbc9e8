import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace, type Millrace } from 'millrace';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type ScratchRedis, startRedis } from '../redis/scratch.ts';

/*
 * Two of what would be two processes, on one PostgreSQL and one Redis: what is invalidated in one is gone in the other, one loads what both need, and a Redis
 * that freezes or dies costs time limits, never answers.
 */

interface Product {
  readonly id: number;
  readonly name: string;
}

const schema = `fleet_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-fleet-'));
let redis: ScratchRedis;
let one: Millrace;
let two: Millrace;
const queries = { one: 0, two: 0 };

const join2 = async (name: 'one' | 'two') => {
  const millrace = await createMillrace(
    { databaseUrl: inject('databaseUrl'), redisUrl: redis.url, service: schema, redis: { commandTimeout: '80ms' } },
    { env: {}, directory: folder },
  );
  const product = millrace.cache.entity(
    'product',
    (ids: readonly number[], call) => {
      queries[name]++;
      return millrace.database.query<Product>(`select * from ${schema}.products where id = any($1)`, [ids], call);
    },
    { key: (row) => row.id, ttl: '1h', staleIfError: '1h' },
  );
  return { millrace, product };
};
let first: Awaited<ReturnType<typeof join2>>;
let second: Awaited<ReturnType<typeof join2>>;

beforeAll(async () => {
  redis = await startRedis();
  first = await join2('one');
  second = await join2('two');
  [one, two] = [first.millrace, second.millrace];
  await one.executeQuery(`create schema ${schema}`);
  await one.executeQuery(`create table ${schema}.products (id int primary key, name text)`);
  await one.executeQuery(`insert into ${schema}.products select n, 'product ' || n from generate_series(1, 50) n`);
});
afterAll(async () => {
  await one.executeQuery(`drop schema ${schema} cascade`);
  await one.stop();
  await two.stop();
  await redis.stop();
  rmSync(folder, { recursive: true });
});

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 600; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within 6 s: ${what}`);
};
const trusted = (millrace: Millrace) => millrace.cache.stats().bus;

it('C1 what one process has loaded the other finds in the shared tier', async () => {
  await until('both hear each other', () => (trusted(one)?.senders ?? 0) >= 2 && (trusted(two)?.senders ?? 0) >= 2);
  expect(await first.product.get(1)).toEqual({ id: 1, name: 'product 1' });
  await until('the shared tier has it', () => (one.cache.stats().tiers.find(({ name }) => name === 'redis')?.stores ?? 0) >= 1);
  const before = queries.two;
  expect(await second.product.getEntry(1)).toMatchObject({ value: { name: 'product 1' }, tier: 'redis' });
  expect(queries.two).toBe(before);
});

it('C7 C8 an update that is invalidated in one process is the next answer of the other', async () => {
  await Promise.all([first.product.get(7), second.product.get(7)]);
  for (let version = 1; version <= 20; version++) {
    await one.executeQuery(`update ${schema}.products set name = $1 where id = 7`, [`version ${version}`]);
    await first.product.invalidate(7);
    await until('the other has the new name', async () => (await second.product.get(7))?.name === `version ${version}`);
    expect(await first.product.get(7)).toEqual({ id: 7, name: `version ${version}` });
  }
});

it('C12 T3 with Redis frozen every read is answered, and after the thaw both processes agree again', async () => {
  await Promise.all([first.product.get(3), second.product.get(3)]);
  redis.freeze();
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => second.product.get((at % 40) + 1)));
  expect(answers.every((row) => row !== undefined)).toBe(true);
  await one.executeQuery(`update ${schema}.products set name = 'while frozen' where id = 3`);
  await first.product.invalidate(3);
  expect((await first.product.get(3))?.name).toBe('while frozen');
  redis.thaw();
  await until('the other has heard', async () => (await second.product.get(3))?.name === 'while frozen');
});

it('C12 T3 with Redis gone everything is answered from memory and database, and no write is lost on the others for longer than the bound', async () => {
  await redis.kill();
  await one.executeQuery(`update ${schema}.products set name = 'without redis' where id = 9`);
  await first.product.invalidate(9);
  expect((await first.product.get(9))?.name).toBe('without redis');
  const beganMs = performance.now();
  await until('the other distrusts its memory', async () => (await second.product.get(9))?.name === 'without redis');
  expect(performance.now() - beganMs).toBeLessThan(6000);
  expect(one.monitoring.healthDetail().readiness.ready).toBe(true);
  expect((await Promise.all(Array.from({ length: 20 }, (_, at) => second.product.get(at + 1)))).every((row) => row !== undefined)).toBe(true);
});
