import { type FaultProxy, startFaultProxy } from 'millrace/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Answer, startWorld, type World } from './world.ts';

let world: World;
let proxy: FaultProxy;

// The whole process is moved ahead in time, the cache's clock with it: nobody waits an hour.
const now = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => now() + aheadMs;
/** Between two loads, or their time limits would be behind them; and seen by the cache's clock, which is up to 8 ms behind. */
async function jump(minutes: number): Promise<void> {
  await expect.poll(() => world.millrace.cache.stats().loadsInFlight, { timeout: 20_000 }).toBe(0);
  aheadMs += minutes * 60_000;
  await new Promise((resolve) => setTimeout(resolve, 20));
}

beforeAll(async () => {
  world = await startWorld({
    async through(url) {
      proxy = await startFaultProxy(url);
      return proxy.through(url);
    },
  });
});
beforeEach(async () => {
  proxy.thaw();
  await proxy.open();
});
afterAll(async () => {
  proxy.thaw();
  await proxy.open();
  await world.stop();
  await proxy.stop();
});

const sell = (key: string): Promise<Answer> =>
  world.send('POST', '/retail/sales', { storeId: 3, lines: [{ productId: 7, quantity: 1 }] }, { 'idempotency-key': key });

function isUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, body: { status: 503, title: 'Service Unavailable' } });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(JSON.stringify(answer.body)).not.toMatch(/select|127\.0\.0\.1|ECONN/i);
}

const backAgain = (path: string) => expect.poll(async () => (await world.get(path)).status, { timeout: 20_000, interval: 200 }).toBe(200);

it('R1 while the database is away, what is cached is shown: fresh, then stale as long as its kind allows, then 503', async () => {
  const paths = [
    '/retail/products/7',
    '/retail/stores/3/inventory/7',
    '/retail/categories',
    '/retail/reports/sales?from=2010-12-01&to=2010-12-02',
    '/retail/users/3',
  ];
  const before = await Promise.all(paths.map((path) => world.get(path)));
  expect(before.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const statuses = async (): Promise<number[]> => {
    const answers = await Promise.all(paths.map((path) => world.get(path)));
    for (const [index, answer] of answers.entries()) {
      if (answer.status === 200) expect(answer.body).toEqual(before[index]?.body);
      else isUnavailable(answer);
    }
    return answers.map(({ status }) => status);
  };
  await proxy.close();
  expect(await statuses()).toEqual([200, 200, 200, 200, 200]); // fresh
  await jump(10);
  expect(await statuses()).toEqual([200, 200, 200, 200, 503]); // the level is stale; nobody has vouched for the account for five seconds, and it is never shown stale
  await jump(30);
  expect(await statuses()).toEqual([200, 503, 200, 200, 503]); // the level is too old, the report is stale
  await jump(120);
  expect(await statuses()).toEqual([200, 503, 200, 503, 503]); // product and categories are stale
  await jump(26 * 60);
  expect(await statuses()).toEqual([503, 503, 503, 503, 503]);
  expect(proxy.counts.broken).toBeGreaterThan(0);
  await proxy.open();
  for (const path of paths) await backAgain(path);
});

it('R1 while the database is away, what was never read, lists and sales are 503 with Retry-After, and nothing is sold', async () => {
  await backAgain('/retail/products?limit=1');
  const before = (await world.get('/retail/stores/3/inventory/7')).body.quantity;
  await proxy.close();
  for (const path of ['/retail/products/900', '/retail/products?limit=1', '/retail/products/search?q=heart', '/retail/products/8/movements'])
    isUnavailable(await world.get(path));
  isUnavailable(await sell('key-while-away-1'));
  isUnavailable(await world.send('PATCH', '/retail/products/7', { pricePence: 5 }));
  await proxy.open();
  await backAgain('/retail/products/900');
  expect((await world.get('/retail/stores/3/inventory/7')).body.quantity).toBe(before);
  expect(await sell('key-while-away-1')).toMatchObject({ status: 201, headers: expect.not.objectContaining({ 'idempotent-replayed': 'true' }) });
});

it('R1 while the database is frozen, a stale product is shown without waiting for it', async () => {
  await backAgain('/retail/products/11');
  await jump(61);
  proxy.freeze();
  const shown = await world.get('/retail/products/11');
  expect(shown).toMatchObject({ status: 200, body: { id: 11 } });
  proxy.thaw();
  expect(proxy.counts.heldBack).toBeGreaterThan(0);
  await backAgain('/retail/products?limit=1');
});

it('R1 a sale whose answer was lost with its connection is sold once: the key finds it again', async () => {
  await backAgain('/retail/products/7');
  const { quantity } = (await world.get('/retail/stores/3/inventory/7')).body;
  let lost = 0;
  for (let round = 0; round < 12; round++) {
    const key = `key-of-a-lost-answer-${round}`;
    const first = sell(key);
    for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
    proxy.reset();
    if ((await first).status !== 201) lost++;
    await expect.poll(async () => (await sell(key)).status, { timeout: 20_000, interval: 100 }).toBe(201);
  }
  expect(lost).toBeGreaterThan(0);
  const [level] = await world.millrace.executeQuery<{ quantity: number }>('select quantity from retail.inventory_levels where store_id = 3 and product_id = 7');
  expect(level?.quantity).toBe(quantity - 12);
});
