import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallContext, type CallOptions, contextOf as contextOfCall, system } from '../../../src/kernel/index.ts';
import { Redis, type RedisEvents, Script } from '../../../src/redis/index.ts';
import { EventHub } from '../../../src/telemetry/index.ts';
import { RecordedEvents } from '../../../src/testing/index.ts';
import { type ScratchRedis, startRedis } from './scratch.ts';

let server: ScratchRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis({ url: server.url, commandTimeout: '500ms' }, { system });
  await redis.start();
});
afterAll(async () => {
  await redis.stop();
  await server.stop();
});

it('C13 reads and writes many keys in one round trip, and removes them without blocking', async () => {
  await Promise.all(['a', 'b', 'c'].map((key) => redis.command(['SET', key, `value of ${key}`], key)));
  expect(await redis.getMany(['a', 'missing', 'c'])).toEqual(['value of a', null, 'value of c']);
  expect(await redis.unlink(['a', 'b', 'c', 'missing'])).toBe(3);
  expect(await redis.getMany([])).toEqual([]);
});

it('C7 scans in batches and never with KEYS', async () => {
  await redis.command(['CONFIG', 'RESETSTAT'], undefined);
  for (let at = 0; at < 1200; at++) await redis.command(['SET', `user:${at}`, '1'], `user:${at}`);
  const found = new Set<string>();
  for await (const keys of redis.scan('user:11*')) for (const key of keys) found.add(key);
  expect(found.size).toBe(111);
  const stats = String(await redis.command(['INFO', 'commandstats'], undefined));
  expect(stats).toContain('cmdstat_scan');
  expect(stats).not.toContain('cmdstat_keys');
});

it('C5 a lock is held by one, given back only by its holder, and passes on when its time is over', async () => {
  const [first, second] = [await redis.lock('lock:product', 60_000), await redis.lock('lock:product', 60_000)];
  expect(first).toBeDefined();
  expect(second).toBeUndefined();
  const context = { timeout: '1s' } as const;
  expect(await first?.extend(120_000, contextOf(context))).toBe(true);
  await redis.command(['SET', 'lock:product', 'somebody else'], 'lock:product');
  expect(await first?.release(contextOf(context))).toBe(false);
  expect(await redis.getMany(['lock:product'])).toEqual(['somebody else']);
});

it('C13 a script goes over whole once, then by its name', async () => {
  const script = new Script('return {KEYS[1], ARGV[1]}');
  expect(await redis.evaluate(script, ['k'], ['v'])).toEqual(['k', 'v']);
  await redis.command(['SCRIPT', 'FLUSH'], undefined);
  expect(await redis.evaluate(script, ['k'], ['w'])).toEqual(['k', 'w']);
});

it('C12 an error answer says what it means', async () => {
  await redis.command(['SET', 'text', 'x'], 'text');
  await expect(redis.command(['LPUSH', 'text', 'y'], 'text')).rejects.toMatchObject({
    code: 'MILLRACE_REDIS_REPLY',
    prefix: 'WRONGTYPE',
    means: 'misuse',
    retryable: false,
  });
  const full = await startRedis('--maxmemory', '1mb', '--maxmemory-policy', 'noeviction');
  const small = new Redis({ url: full.url, commandTimeout: '2s' }, { system });
  await small.start();
  const filling = (async () => {
    for (let at = 0; ; at++) await small.command(['SET', `k${at}`, 'x'.repeat(100_000)], `k${at}`);
  })();
  await expect(filling).rejects.toMatchObject({ code: 'MILLRACE_REDIS_REPLY', prefix: 'OOM', means: 'out of memory', retryable: true });
  await small.stop();
  await full.stop();
});

it('C7 a message published is heard, until the ear is taken off', async () => {
  const heard: string[] = [];
  const hub = new EventHub<{ heard: string }>();
  const next = (): Promise<string> => new Promise((resolve) => void hub.on('heard', resolve));
  const leave = await redis.subscribe('changes', (message) => {
    heard.push(message);
    hub.emit('heard', () => message);
  });
  const first = next();
  await redis.publish('changes', 'one');
  await first;
  await leave();
  await redis.publish('changes', 'two');
  expect(heard).toEqual(['one']);
});

it('C12 a frozen server costs each caller its limit, never more, and after the thaw everything works again', async () => {
  const frozen = await startRedis();
  const events = new RecordedEvents<RedisEvents>();
  const client = new Redis({ url: frozen.url, commandTimeout: '50ms', connections: 1 }, { system, events });
  await client.start();
  await client.command(['SET', 'k', 'before'], 'k');
  frozen.freeze();
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, at) => client.command(['GET', `k${at}`], `k${at}`)));
  expect(
    outcomes.every((one) => one.status === 'rejected' && ['MILLRACE_TIMEOUT', 'MILLRACE_REDIS_UNAVAILABLE'].includes((one.reason as { code: string }).code)),
  ).toBe(true);
  expect(client.stats()).toMatchObject({ errors: 100 });
  expect(client.stats().destroyed).toBeGreaterThan(0);
  frozen.thaw();
  await untilReady(client);
  expect(await client.getMany(['k', 'k1'])).toEqual(['before', null]);
  await client.stop();
  await frozen.stop();
});

it('C12 a server that is away does not keep a service from starting, and is used when it comes', async () => {
  const away = await startRedis();
  await away.kill();
  const events = new RecordedEvents<RedisEvents>();
  const client = new Redis({ url: away.url, commandTimeout: '50ms', connections: 1 }, { system, events });
  await client.start();
  await expect(client.command(['PING'], undefined)).rejects.toMatchObject({ code: 'MILLRACE_REDIS_UNAVAILABLE', status: 503, retryable: true });
  expect(events.seen.map(([name]) => name)).toEqual(['redis.connection.lost']);
  await client.stop();
  await expect(async () => client.command(['PING'], undefined)).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
  await away.stop();
});

it('X1 no answer reaches another caller, although one in ten gives up at a random moment', async () => {
  const client = new Redis({ url: server.url, commandTimeout: '5s', connections: 2 }, { system });
  await client.start();
  const keys = Array.from({ length: 500 }, (_, at) => `x1:${at}`);
  for (const key of keys) await client.command(['SET', key, key], key);
  let [answered, abandoned, wrong] = [0, 0, 0];
  const ask = async (key: string, at: number): Promise<void> => {
    const leaving = new AbortController();
    const answer = client.getMany([key], { signal: leaving.signal });
    if (at % 10 === 0) setImmediate(() => leaving.abort());
    try {
      if ((await answer)[0] !== key) wrong++;
      answered++;
    } catch {
      abandoned++;
    }
  };
  for (let round = 0; round < 40; round++) await Promise.all(keys.map(ask));
  console.log(`${answered} answered, ${abandoned} abandoned, ${wrong} wrong`);
  expect(abandoned).toBeGreaterThan(100);
  expect(wrong).toBe(0);
  await client.stop();
});

async function untilReady(client: Redis): Promise<void> {
  for (;;) {
    try {
      await client.command(['PING'], undefined);
      return;
    } catch {
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    }
  }
}

const contextOf = (options: CallOptions): CallContext => contextOfCall(system, 'test', options);
