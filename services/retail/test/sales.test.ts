import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConflictError } from '../domain/errors.ts';
import { type Answer, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ maxConnections: 20 });
});
afterAll(() => world.stop());

let keys = 0;
const newKey = (): string => `a-key-of-a-test-${++keys}`;
const sell = (order: object, key = newKey()): Promise<Answer> => world.send('POST', '/retail/sales', order, { 'idempotency-key': key });
const levelOf = async (storeId: number, productId: number): Promise<number> =>
  (await world.get(`/retail/stores/${storeId}/inventory/${productId}`)).body.quantity;

async function setLevel(storeId: number, productId: number, quantity: number): Promise<void> {
  const wanted = quantity - (await levelOf(storeId, productId));
  if (wanted !== 0) await world.retail.moveStock({ storeId, productId, kind: 'adjustment', quantity: wanted }, newKey());
}

async function wrongShelves(): Promise<unknown[]> {
  return world.millrace.executeQuery(`
    select store_id, product_id from retail.inventory_levels i
    full join (select store_id, product_id, sum(quantity) as moved from retail.stock_movements group by 1, 2) m using (store_id, product_id)
    where m.moved is distinct from i.quantity or i.quantity < 0`);
}

it('R1 a sale takes its pieces off the shelf, has the prices of the products, and is found again', async () => {
  const { pricePence } = (await world.get('/retail/products/20')).body;
  const before = await levelOf(2, 20);
  const answer = await sell({
    storeId: 2,
    lines: [
      { productId: 21, quantity: 1 },
      { productId: 20, quantity: 2 },
      { productId: 20, quantity: 1 },
    ],
  });
  expect(answer).toMatchObject({
    status: 201,
    headers: { location: `/retail/sales/${answer.body.id}` },
    body: { storeId: 2, customerId: null, invoiceNo: null },
  });
  expect(answer.body.lines).toMatchObject([
    { lineNo: 1, productId: 20, quantity: 3, unitPricePence: pricePence },
    { lineNo: 2, productId: 21, quantity: 1 },
  ]);
  const total = answer.body.lines.reduce((sum: number, line: { quantity: number; unitPricePence: number }) => sum + line.quantity * line.unitPricePence, 0);
  expect(answer.body.totalPence).toBe(total);
  expect(await levelOf(2, 20)).toBe(before - 3);
  expect((await world.get(`/retail/sales/${answer.body.id}`)).body).toEqual(answer.body);
  expect((await world.get('/retail/products/20/movements?limit=1')).body.items).toMatchObject([{ kind: 'sale', quantity: -3, transactionId: answer.body.id }]);
  expect((await world.get('/retail/stores/2/transactions?limit=1')).body.items).toMatchObject([{ id: answer.body.id, pieces: 4 }]);
});

it('R1 a sale to a member gives points at once, and the tier that goes with them', async () => {
  const before = (await world.get('/retail/customers/12431/loyalty')).body;
  const { pricePence } = (await world.get('/retail/products/30')).body;
  const quantity = Math.ceil(60_000 / pricePence);
  await world.retail.moveStock({ storeId: 1, productId: 30, kind: 'delivery', quantity }, newKey());
  const { body } = await sell({ storeId: 1, customerId: 12_431, lines: [{ productId: 30, quantity }] });
  expect(body.customerId).toBe(12_431);
  const after = (await world.get('/retail/customers/12431/loyalty')).body;
  expect(after).toMatchObject({ points: before.points + Math.floor(body.totalPence / 100), tier: 'silver' });
});

it('R1 forty tills that want the last twelve: twelve get one, the others are told, and the shelf is empty', async () => {
  await setLevel(3, 40, 12);
  const answers = await Promise.all(Array.from({ length: 40 }, () => sell({ storeId: 3, lines: [{ productId: 40, quantity: 1 }] })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(12);
  const refused = answers.filter(({ status }) => status === 409);
  expect(refused).toHaveLength(28);
  for (const { body } of refused) expect(body).toMatchObject({ code: 'RETAIL_OUT_OF_STOCK', shortages: [{ productId: 40, asked: 1, available: 0 }] });
  expect(await levelOf(3, 40)).toBe(0);
  expect(await wrongShelves()).toEqual([]);
});

it('R1 sales of the same products in opposite orders never wait for each other in a circle', async () => {
  await Promise.all([50, 51, 52].map((productId) => setLevel(4, productId, 1000)));
  const forward = [50, 51, 52].map((productId) => ({ productId, quantity: 1 }));
  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => sell({ storeId: 4, lines: index % 2 === 0 ? forward : forward.toReversed() })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(await Promise.all([50, 51, 52].map((productId) => levelOf(4, productId)))).toEqual([940, 940, 940]);
});

it('R1 all lines of a sale or none: a short one undoes the others', async () => {
  await setLevel(5, 60, 10);
  await setLevel(5, 61, 1);
  const [before] = await world.millrace.executeQuery('select count(*), max(id) from retail.transactions');
  const answer = await sell({
    storeId: 5,
    lines: [
      { productId: 60, quantity: 5 },
      { productId: 61, quantity: 2 },
    ],
  });
  expect(answer).toMatchObject({ status: 409, body: { shortages: [{ productId: 61, asked: 2, available: 1 }] } });
  expect([await levelOf(5, 60), await levelOf(5, 61)]).toEqual([10, 1]);
  expect(await world.millrace.executeQuery('select count(*), max(id) from retail.transactions')).toEqual([before]);
});

it('R1 the same key twice gives the same sale, and sells once', async () => {
  const key = newKey();
  const before = await levelOf(6, 70);
  const first = await sell(
    {
      storeId: 6,
      lines: [
        { productId: 70, quantity: 2 },
        { productId: 71, quantity: 1 },
      ],
    },
    key,
  );
  const again = await sell(
    {
      storeId: 6,
      lines: [
        { productId: 71, quantity: 1 },
        { productId: 70, quantity: 2 },
      ],
    },
    key,
  );
  expect(first.status).toBe(201);
  expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true', location: first.headers['location'] } });
  expect(await levelOf(6, 70)).toBe(before - 2);
});

it('R1 the same key with another order is refused, and sells nothing', async () => {
  const key = newKey();
  await sell({ storeId: 6, lines: [{ productId: 72, quantity: 1 }] }, key);
  const before = await levelOf(6, 72);
  for (const order of [
    { storeId: 6, lines: [{ productId: 72, quantity: 2 }] },
    { storeId: 7, lines: [{ productId: 72, quantity: 1 }] },
    { storeId: 6, customerId: 12_431, lines: [{ productId: 72, quantity: 1 }] },
  ]) {
    expect(await sell(order, key)).toMatchObject({ status: 409, body: { code: 'RETAIL_KEY_REUSED' } });
  }
  expect(await levelOf(6, 72)).toBe(before);
});

it('R1 twenty requests with one key at once are one sale', async () => {
  const key = newKey();
  const before = await levelOf(8, 80);
  const answers = await Promise.all(Array.from({ length: 20 }, () => sell({ storeId: 8, lines: [{ productId: 80, quantity: 3 }] }, key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  expect(await levelOf(8, 80)).toBe(before - 3);
});

it('R1 a key whose sale was refused is free for the next try', async () => {
  const key = newKey();
  await setLevel(8, 81, 0);
  expect((await sell({ storeId: 8, lines: [{ productId: 81, quantity: 1 }] }, key)).status).toBe(409);
  await setLevel(8, 81, 1);
  expect((await sell({ storeId: 8, lines: [{ productId: 81, quantity: 1 }] }, key)).status).toBe(201);
});

it.each([
  ['store', { storeId: 999, lines: [{ productId: 1, quantity: 1 }] }],
  ['customer', { storeId: 1, customerId: 1, lines: [{ productId: 1, quantity: 1 }] }],
  [
    'product',
    {
      storeId: 1,
      lines: [
        { productId: 1, quantity: 1 },
        { productId: 999_999, quantity: 1 },
      ],
    },
  ],
])('R1 a sale with an unknown %s is not found, and sells nothing', async (what, order) => {
  const before = await levelOf(1, 1);
  expect(await sell(order)).toMatchObject({ status: 404, body: { detail: expect.stringContaining(`There is no ${what}`) } });
  expect(await levelOf(1, 1)).toBe(before);
});

it('R1 a product that was taken off sale is sold no more', async () => {
  const { body } = await world.send('POST', '/retail/products', { sku: 'OFF-SALE', name: 'BELL', categoryId: 1, pricePence: 100 });
  await world.retail.moveStock({ storeId: 1, productId: body.id, kind: 'delivery', quantity: 5 }, newKey());
  expect((await sell({ storeId: 1, lines: [{ productId: body.id, quantity: 1 }] })).status).toBe(201);
  await world.send('DELETE', `/retail/products/${body.id}`);
  expect((await sell({ storeId: 1, lines: [{ productId: body.id, quantity: 1 }] })).status).toBe(404);
});

it('R1 one product asked for by several lines counts together against its bounds', async () => {
  const lines = [
    { productId: 90, quantity: 600_000 },
    { productId: 90, quantity: 600_000 },
  ];
  expect(await sell({ storeId: 1, lines })).toMatchObject({ status: 400, body: { errors: [{ in: 'body', field: 'lines' }] } });
});

it('R1 low shelves are filled up to their target while tills sell, and nothing is lost', async () => {
  await setLevel(9, 100, 3);
  await Promise.all([101, 102, 103].map((productId) => setLevel(9, productId, 0)));
  const selling = Array.from({ length: 30 }, () => sell({ storeId: 9, lines: [{ productId: 100, quantity: 1 }] }));
  const rounds = [world.retail.restock(48), world.retail.restock(48), world.retail.restock(48)];
  await Promise.all([...selling, ...rounds]);
  await world.retail.restock(48);
  const low = await world.millrace.executeQuery('select * from retail.inventory_levels where quantity < 48 and quantity < target_level');
  expect(low).toEqual([]);
  expect(await levelOf(9, 101)).toBeGreaterThanOrEqual(48);
  expect(await wrongShelves()).toEqual([]);
});

it('R1 the functions refuse with the same words as the routes', async () => {
  await setLevel(10, 110, 0);
  const short = world.retail.sell({ storeId: 10, lines: [{ productId: 110, quantity: 4 }] }, newKey());
  await expect(short).rejects.toBeInstanceOf(ConflictError);
  await expect(short).rejects.toMatchObject({ kind: 'out-of-stock', status: 409, message: 'Not enough on the shelf: product 110 (asked 4, there are 0)' });
});

it('R1 after all of it stock is the sum of its movements, and every total that of its lines', async () => {
  expect(await wrongShelves()).toEqual([]);
  const wrongTotals = await world.millrace.executeQuery(`
    select t.id from retail.transactions t left join retail.transaction_lines l on l.transaction_id = t.id
    group by t.id having t.total_pence is distinct from sum(l.quantity::bigint * l.unit_price_pence)`);
  expect(wrongTotals).toEqual([]);
});
