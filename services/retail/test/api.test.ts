import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Answer, startWorld, type World } from './world.ts';

let world: World;
// biome-ignore lint/suspicious/noExplicitAny: the document as a reader has it
let document: any;

beforeAll(async () => {
  world = await startWorld();
  document = (await world.get('/retail/openapi.json')).body;
});
afterAll(() => world.stop());

let keys = 0;
const key = (): Record<string, string> => ({ 'idempotency-key': `key-of-a-test-${++keys}` });
const draft = (changes: object = {}) => ({ sku: `NEW-${++keys}`, name: 'ENAMEL LANTERN', categoryId: 3, pricePence: 1250, ...changes });
const created = async (changes: object = {}): Promise<{ readonly id: number; readonly sku: string; readonly version: number }> =>
  (await world.send('POST', '/retail/products', draft(changes))).body;

/** The answer's body fits what the document promises for that operation and status. */
function fitsDocument(operationId: string, { status, body, headers }: Answer): void {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
  const response = operations.find((one) => one.operationId === operationId).responses[String(status)];
  expect(response, `${operationId} ${status}`).toBeDefined();
  if (response.content === undefined) {
    expect(body).toBeUndefined();
    return;
  }
  const [type, { schema }] = Object.entries(response.content)[0] as [string, { schema: object }];
  expect(String(headers['content-type']).split(';')[0]).toBe(type);
  const inlined = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/'));
  expect(z.fromJSONSchema(inlined).safeParse(body)).toMatchObject({ success: true });
}

it('R1 a product is given by its id, with its version as ETag', async () => {
  const answer = await world.get('/retail/products/100');
  expect(answer).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: { id: 100, version: 1, pricePence: expect.any(Number) } });
  expect(answer.headers['x-request-id']).toBeDefined();
  fitsDocument('getProduct', answer);
});

it('R1 a product is created, changed and deleted, and each read in between is right', async () => {
  const first = await world.send('POST', '/retail/products', draft({ sku: 'LANTERN-1' }));
  expect(first).toMatchObject({ status: 201, body: { sku: 'LANTERN-1', version: 1 } });
  expect(first.headers['location']).toBe(`/retail/products/${first.body.id}`);
  fitsDocument('createProduct', first);
  const path = `/retail/products/${first.body.id}`;
  expect((await world.get(path)).body).toEqual(first.body);

  const second = await world.send('PATCH', path, { pricePence: 999, name: '  BRASS LANTERN ' });
  expect(second).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { pricePence: 999, name: 'BRASS LANTERN', sku: 'LANTERN-1', version: 2 } });
  fitsDocument('updateProduct', second);
  expect((await world.get(path)).body).toEqual(second.body);

  const gone = await world.send('DELETE', path);
  expect(gone).toMatchObject({ status: 204, body: undefined });
  fitsDocument('deleteProduct', gone);
  expect((await world.get(path)).status).toBe(404);
  expect((await world.send('DELETE', path)).status).toBe(404);
  expect((await world.send('PATCH', path, { pricePence: 1 })).status).toBe(404);
  expect((await world.send('POST', '/retail/products', draft({ sku: 'LANTERN-1' }))).status).toBe(201);
});

it('R1 an id asked for before it exists is found as soon as it does', async () => {
  const { id } = await created();
  expect((await world.get(`/retail/products/${id + 1}`)).status).toBe(404);
  const next = await created();
  expect(next.id).toBe(id + 1);
  expect((await world.get(`/retail/products/${next.id}`)).status).toBe(200);
});

it('R1 a SKU that is taken is a conflict, an unknown category is not found', async () => {
  const { sku } = await created();
  const other = await created();
  const twice = await world.send('POST', '/retail/products', draft({ sku }));
  expect(twice).toMatchObject({ status: 409, body: { title: 'Conflict', code: 'RETAIL_CONFLICT', sku } });
  fitsDocument('createProduct', twice);
  expect((await world.send('PATCH', `/retail/products/${other.id}`, { sku })).status).toBe(409);
  expect((await world.send('POST', '/retail/products', draft({ categoryId: 999 }))).status).toBe(404);
  expect((await world.send('PATCH', `/retail/products/${other.id}`, { categoryId: 999 })).status).toBe(404);
  expect((await world.get(`/retail/products/${other.id}`)).body.version).toBe(1);
});

it('R1 a change meant for another version changes nothing and says which version there is', async () => {
  const { id } = await created();
  const path = `/retail/products/${id}`;
  expect((await world.send('PATCH', path, { pricePence: 100 }, { 'if-match': '"1"' })).status).toBe(200);
  const late = await world.send('PATCH', path, { pricePence: 200 }, { 'if-match': '"1"' });
  expect(late).toMatchObject({ status: 412, body: { code: 'RETAIL_VERSION_CONFLICT', version: 2 } });
  fitsDocument('updateProduct', late);
  expect((await world.send('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
  expect((await world.get(path)).body).toMatchObject({ pricePence: 100, version: 2 });
});

it('R1 of two changes of one version at once, one wins', async () => {
  const { id } = await created();
  const both = await Promise.all(
    [100, 200, 300, 400].map((pricePence) => world.send('PATCH', `/retail/products/${id}`, { pricePence }, { 'if-match': '"1"' })),
  );
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  const winner = both.find(({ status }) => status === 200);
  expect((await world.get(`/retail/products/${id}`)).body).toEqual(winner?.body);
});

it('R1 the full-text search finds words in any of their forms, the best first, page after page', async () => {
  const first = await world.get('/retail/products/search?q=hanging%20hearts&limit=5');
  expect(first.status).toBe(200);
  fitsDocument('searchProducts', first);
  const found = [...first.body.items];
  for (let cursor = first.body.nextCursor; cursor !== null; ) {
    const { body } = await world.get(`/retail/products/search?q=hanging%20hearts&limit=5&cursor=${cursor}`);
    found.push(...body.items);
    cursor = body.nextCursor;
  }
  const ids = await world.millrace.executeQuery<{ id: number }>(
    `select id from retail.products where to_tsvector('english', name) @@ to_tsquery('english', 'hang & heart') and discontinued_at is null`,
  );
  expect(ids.length).toBeGreaterThan(5);
  expect(found.map(({ id }) => id).sort()).toEqual(ids.map(({ id }) => id).sort());
  expect(found.map(({ rank }) => rank)).toEqual(found.map(({ rank }) => rank).sort((a, b) => b - a));
  expect((await world.get('/retail/products/search?q=-hearts%20%22hot%20water%22')).body.items[0].name).toContain('HOT WATER');
});

it.each(['%27%22%3B--', '%26%20%7C%20!%20(%20)', '%3A*%20%3A*', 'the%20of'])('R1 a search for %s finds nothing and breaks nothing', async (words) => {
  expect(await world.get(`/retail/products/search?q=${words}`)).toMatchObject({ status: 200, body: { items: [], nextCursor: null } });
});

it('D11 pages by cursor hold every product once, in each order', async () => {
  const [row] = await world.millrace.executeQuery<{ count: number }>(
    'select count(*)::int from retail.products where category_id = 1 and discontinued_at is null',
  );
  for (const sort of ['id', '-id', 'name', '-name', 'pricePence', '-pricePence']) {
    const seen: { id: number; name: string; pricePence: number }[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer: Answer = await world.get(`/retail/products?category=1&limit=17&sort=${sort}${cursor && `&cursor=${cursor}`}`);
      expect(answer.status).toBe(200);
      seen.push(...answer.body.items);
      cursor = answer.body.nextCursor;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(row?.count);
    expect(seen.length).toBe(row?.count);
    const prices = seen.map(({ pricePence }) => pricePence);
    if (sort === 'pricePence') expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    if (sort === '-pricePence') expect(prices).toEqual(prices.toSorted((a, b) => b - a));
    if (sort === '-id') expect(seen[0]?.id).toBeGreaterThan(seen.at(-1)?.id as number);
  }
});

it('D11 a product that is deleted while somebody turns pages hides none of the others', async () => {
  const [one, two, three] = await Promise.all(['A', 'B', 'C'].map((letter) => created({ name: `ZZZ ${letter}` })));
  const first = await world.get('/retail/products?sort=-name&limit=1');
  expect(first.body.items).toMatchObject([{ id: three?.id }]);
  await world.send('DELETE', `/retail/products/${three?.id}`);
  const rest = await world.get(`/retail/products?sort=-name&limit=2&cursor=${first.body.nextCursor}`);
  expect(rest.body.items).toMatchObject([{ id: two?.id }, { id: one?.id }]);
});

it('D11 a cursor that was tampered with, or belongs to another query, is refused', async () => {
  const { nextCursor } = (await world.get('/retail/products?category=1&limit=2')).body;
  const tampered = `${nextCursor.startsWith('W') ? 'X' : 'W'}${nextCursor.slice(1)}`;
  for (const path of [
    `/retail/products?category=1&limit=2&cursor=${tampered}`,
    `/retail/products?category=2&limit=2&cursor=${nextCursor}`,
    `/retail/products?category=1&sort=name&limit=2&cursor=${nextCursor}`,
    `/retail/stores/1/transactions?cursor=${nextCursor}`,
    '/retail/products/5/movements?cursor=x',
  ]) {
    const answer = await world.get(path);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ in: 'query', field: 'cursor' }] } });
  }
});

it('D11 offset pages tell the total', async () => {
  const answer = await world.get('/retail/products?category=2&page=2&limit=10');
  fitsDocument('listProducts', answer);
  const { total, totalPages, items, page, limit } = answer.body;
  expect({ page, limit, shown: items.length, totalPages }).toEqual({ page: 2, limit: 10, shown: 10, totalPages: Math.ceil(total / 10) });
  expect((await world.get(`/retail/products?category=2&page=${totalPages + 1}&limit=10`)).body.items).toEqual([]);
});

it('H10 limit is capped, fields become the columns, sort the order', async () => {
  const capped = await world.get('/retail/products?limit=100000');
  expect([capped.body.limit, capped.body.items.length]).toEqual([100, 100]);
  const lean = await world.get('/retail/products?fields=name,pricePence&sort=-pricePence&limit=3&minPricePence=1000&maxPricePence=2000');
  fitsDocument('listProducts', lean);
  expect(lean.body.items.map((one: object) => Object.keys(one))).toEqual(Array.from({ length: 3 }, () => ['name', 'pricePence']));
  expect(Math.max(...lean.body.items.map(({ pricePence }: { pricePence: number }) => pricePence))).toBeLessThanOrEqual(2000);
  const [statement] = world.millrace.database
    .statements()
    .filter(({ statement: text }) => text.includes('"price_pence" >= ') && text.includes('"price_pence" desc'));
  expect(statement?.statement.split(' from ')[0]).not.toContain('sku');
});

it('R1 stock by store, inventory, movements and their pages fit together', async () => {
  const stock = await world.get('/retail/products/7/stock');
  fitsDocument('getProductStock', stock);
  expect(stock.body.stores).toHaveLength(18);
  const sum = stock.body.stores.reduce((total: number, { quantity }: { quantity: number }) => total + quantity, 0);
  expect(stock.body.totalQuantity).toBe(sum);
  const level = await world.get('/retail/stores/3/inventory/7');
  fitsDocument('getInventoryLevel', level);
  expect(level.body.quantity).toBe(stock.body.stores[2].quantity);
  const list = await world.get('/retail/stores/3/inventory?limit=10');
  fitsDocument('listInventory', list);
  expect(list.body.items[6]).toMatchObject(level.body);
  const low = await world.get('/retail/stores/3/inventory?below=10');
  expect(low.body.items).toEqual([]);
  const movements = await world.get('/retail/products/7/movements?limit=100');
  fitsDocument('listProductMovements', movements);
  const times = movements.body.items.map(({ createdAt }: { createdAt: string }) => createdAt);
  expect(times).toEqual(times.toSorted().reverse());
});

it('R1 a delivery raises the level at once, a correction never goes below zero, a repeated one counts once', async () => {
  const path = '/retail/stores/4/inventory/9';
  const { quantity } = (await world.get(path)).body;
  const headers = key();
  const delivery = await world.send('POST', `${path}/movements`, { kind: 'delivery', quantity: 12 }, headers);
  expect(delivery).toMatchObject({ status: 201, body: { kind: 'delivery', quantity: 12, storeId: 4, productId: 9 } });
  fitsDocument('moveStock', delivery);
  const repeat = await world.send('POST', `${path}/movements`, { kind: 'delivery', quantity: 12 }, headers);
  expect(repeat).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' }, body: delivery.body });
  expect(await world.send('POST', `${path}/movements`, { kind: 'delivery', quantity: 13 }, headers)).toMatchObject({
    status: 409,
    body: { code: 'RETAIL_KEY_REUSED' },
  });
  expect((await world.get(path)).body.quantity).toBe(quantity + 12);
  const below = await world.send('POST', `${path}/movements`, { kind: 'adjustment', quantity: -(quantity + 13) }, key());
  expect(below).toMatchObject({ status: 409, body: { code: 'RETAIL_OUT_OF_STOCK', available: quantity + 12 } });
  fitsDocument('moveStock', below);
  expect((await world.send('POST', `${path}/movements`, { kind: 'adjustment', quantity: -(quantity + 12) }, key())).status).toBe(201);
  expect((await world.get(path)).body.quantity).toBe(0);
});

it('R1 a store shows its sales by date, page after page', async () => {
  const path = '/retail/stores/13/transactions?from=2010-12-01&to=2010-12-02&limit=5';
  const sales: { id: number; createdAt: string }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer: Answer = await world.get(`${path}${cursor && `&cursor=${cursor}`}`);
    fitsDocument('listStoreTransactions', answer);
    sales.push(...answer.body.items);
    cursor = answer.body.nextCursor;
  }
  const [row] = await world.millrace.executeQuery<{ count: number }>('select count(*)::int from retail.transactions where store_id = 13 and created_at < $1', [
    '2010-12-03',
  ]);
  expect(sales).toHaveLength(row?.count as number);
  expect(new Set(sales.map(({ id }) => id)).size).toBe(sales.length);
  expect(sales.map(({ createdAt }) => createdAt)).toEqual(
    sales
      .map(({ createdAt }) => createdAt)
      .toSorted()
      .reverse(),
  );
  expect((await world.get('/retail/stores/13/transactions?to=2010-11-30')).body.items).toEqual([]);
});

it('R1 reports by day, category and product have the same totals, which are those of the file', async () => {
  const reports = await Promise.all(['day', 'category', 'product'].map((by) => world.get(`/retail/reports/sales?from=2010-12-01&to=2010-12-02&by=${by}`)));
  for (const report of reports) fitsDocument('getSalesReport', report);
  const [byDay, byCategory, byProduct] = reports.map(({ body }) => body);
  const [file] = await world.millrace.executeQuery<{ turnover: string; pieces: string }>(
    'select sum(l.quantity * l.unit_price_pence) as turnover, sum(l.quantity) as pieces from retail.transaction_lines l join retail.transactions t on t.id = l.transaction_id where t.invoice_no is not null',
  );
  expect(byDay.totals).toEqual({ sales: 236, pieces: Number(file?.pieces), turnoverPence: Number(file?.turnover) });
  expect([byCategory.totals, byProduct.totals]).toEqual([byDay.totals, byDay.totals]);
  expect(byDay.rows.map(({ key: day }: { key: string }) => day)).toEqual(['2010-12-01', '2010-12-02']);
  const turnover = (rows: { turnoverPence: number }[]): number => rows.reduce((sum, row) => sum + row.turnoverPence, 0);
  expect(turnover(byCategory.rows)).toBe(byDay.totals.turnoverPence);
  expect(byCategory.rows.map(({ label }: { label: string }) => label)).toContain('Kitchen and baking');
  expect(byProduct.rows).toHaveLength(100);
  expect(byProduct.rows[0].turnoverPence).toBeGreaterThanOrEqual(byProduct.rows[1].turnoverPence);
  const ofOneStore = await world.get('/retail/reports/sales?from=2010-12-01&to=2010-12-02&store=13');
  expect(ofOneStore.body).toMatchObject({ storeId: 13 });
  expect(ofOneStore.body.totals.turnoverPence).toBeLessThan(byDay.totals.turnoverPence);
  expect((await world.get('/retail/reports/sales?from=2001-01-01&to=2001-01-02')).body).toMatchObject({
    rows: [],
    totals: { sales: 0, pieces: 0, turnoverPence: 0 },
  });
});

it('R1 categories, stores, members and accounts are there', async () => {
  const categories = await world.get('/retail/categories');
  fitsDocument('listCategories', categories);
  expect(categories.body.items).toHaveLength(14);
  const category = await world.get('/retail/categories/2');
  fitsDocument('getCategory', category);
  expect(category.body).toEqual(categories.body.items[1]);
  const stores = await world.get('/retail/stores');
  fitsDocument('listStores', stores);
  expect(stores.body.items.filter(({ country }: { country: string }) => country === 'United Kingdom')).toHaveLength(12);
  const member = await world.get('/retail/customers/12431/loyalty');
  fitsDocument('getCustomerLoyalty', member);
  expect(member.body).toMatchObject({ customerId: 12_431, country: 'Australia', tier: 'bronze', points: 358 });
  const user = await world.get('/retail/users?email=TILL%40gift-shop-leeds.example');
  fitsDocument('findUser', user);
  expect((await world.get(`/retail/users/${user.body.id}`)).body).toEqual(user.body);
});

it('R1 the count of a category follows what is put on sale and taken off', async () => {
  const before = (await world.get('/retail/categories/5')).body.products;
  const { id } = await created({ categoryId: 5 });
  expect((await world.get('/retail/categories/5')).body.products).toBe(before + 1);
  expect((await world.get('/retail/categories')).body.items[4].products).toBe(before + 1);
  await world.send('PATCH', `/retail/products/${id}`, { categoryId: 6 });
  expect((await world.get('/retail/categories/5')).body.products).toBe(before);
  await world.send('DELETE', `/retail/products/${id}`);
  expect((await world.get('/retail/categories')).body.items[4].products).toBe(before);
});

it.each([
  '/retail/products/999999',
  '/retail/products/999999/stock',
  '/retail/products/999999/movements',
  '/retail/categories/99',
  '/retail/stores/99/inventory',
  '/retail/stores/99/transactions',
  '/retail/stores/1/inventory/999999',
  '/retail/sales/999999999',
  '/retail/customers/1/loyalty',
  '/retail/users/999',
  '/retail/users?email=nobody%40x.example',
])('R1 GET %s is not found', async (path) => {
  const answer = await world.get(path);
  expect(answer).toMatchObject({
    status: 404,
    body: { title: 'Not Found', status: 404, code: 'RETAIL_NOT_FOUND', detail: expect.stringContaining('There is no') },
  });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
});

const wrong: [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown, headers: Record<string, string>, fields: string[]][] = [
  ['GET', '/retail/products/0', undefined, {}, ['path id']],
  ['GET', '/retail/products/1e3', undefined, {}, ['path id']],
  ['GET', '/retail/products/99999999999', undefined, {}, ['path id']],
  ['GET', '/retail/products/%00', undefined, {}, ['path id']],
  [
    'GET',
    '/retail/products?limit=0&sort=colour&fields=id,password&nonsense=1',
    undefined,
    {},
    ['query sort', 'query fields.1', 'query limit', 'query nonsense'],
  ],
  ['GET', '/retail/products?limit=5&limit=6', undefined, {}, ['query limit']],
  ['GET', '/retail/products?minPricePence=500&maxPricePence=100', undefined, {}, ['query maxPricePence']],
  ['GET', '/retail/products?page=1&cursor=x', undefined, {}, ['query page']],
  ['GET', '/retail/products/search', undefined, {}, ['query q']],
  ['GET', '/retail/products/search?q=a', undefined, {}, ['query q']],
  ['GET', '/retail/stores/1/transactions?from=yesterday&to=2010-13-01', undefined, {}, ['query from', 'query to']],
  ['GET', '/retail/reports/sales?by=month', undefined, {}, ['query from', 'query to', 'query by']],
  ['GET', '/retail/reports/sales?from=2010-12-02&to=2010-12-01', undefined, {}, ['query to']],
  ['GET', '/retail/reports/sales?from=2008-12-02&to=2010-12-01', undefined, {}, ['query to']],
  ['GET', '/retail/users?email=nobody', undefined, {}, ['query email']],
  [
    'POST',
    '/retail/products',
    { sku: 'A B', name: ' ', categoryId: '1', pricePence: 1.5, colour: 'red' },
    {},
    ['body sku', 'body name', 'body categoryId', 'body pricePence', 'body colour'],
  ],
  ['POST', '/retail/products', { sku: 'A', name: 'a\u0000b', categoryId: 1, pricePence: -1 }, {}, ['body name', 'body pricePence']],
  ['POST', '/retail/products', [], {}, ['body']],
  ['PATCH', '/retail/products/1', {}, {}, ['body']],
  ['PATCH', '/retail/products/x', { pricePence: 0 }, { 'if-match': '*' }, ['path id', 'headers if-match', 'body pricePence']],
  ['DELETE', '/retail/products/1', undefined, { 'if-match': '1' }, ['headers if-match']],
  ['POST', '/retail/sales', {}, {}, ['headers idempotency-key', 'body storeId', 'body lines']],
  [
    'POST',
    '/retail/sales',
    { storeId: 1, lines: [{ productId: 1, quantity: 0 }, { productId: 'x' }] },
    { 'idempotency-key': 'short' },
    ['headers idempotency-key', 'body lines.0.quantity', 'body lines.1.productId', 'body lines.1.quantity'],
  ],
  ['POST', '/retail/sales', { storeId: 1, lines: [] }, { 'idempotency-key': 'long-enough' }, ['body lines']],
  ['POST', '/retail/stores/1/inventory/1/movements', { kind: 'delivery', quantity: -1 }, { 'idempotency-key': 'long-enough' }, ['body quantity']],
  ['POST', '/retail/stores/1/inventory/1/movements', { kind: 'sale', quantity: 0 }, { 'idempotency-key': 'long-enough' }, ['body kind', 'body quantity']],
];

it.each(wrong)('R1 %s %s with wrong input names each wrong field (%#)', async (method, path, body, headers, fields) => {
  const answer = method === 'GET' ? await world.get(path, headers) : await world.send(method, path, body, headers);
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ title: 'Bad Request', status: 400, code: 'MILLRACE_INPUT', requestId: expect.any(String) });
  const named = answer.body.errors.map(({ in: part, field }: { in: string; field: string }) => `${part} ${field}`.trim());
  expect(named.toSorted()).toEqual(fields.toSorted());
});

it('R1 a body that is no JSON is told apart from wrong fields', async () => {
  const answer = await world.app.inject({ method: 'POST', url: '/retail/products', headers: { 'content-type': 'application/json' }, payload: '{"sku":' });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'MILLRACE_REQUEST_MALFORMED' });
});

it('R1 the OpenAPI document lists every route with its parameters and refers to nothing that is not there', () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(listed).toHaveLength(21);
  expect(listed.toSorted()).toEqual(world.served.filter((route) => route !== 'GET /retail/openapi.json').toSorted());
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: expect.any(String) } });
  const text = JSON.stringify(document);
  const referred = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name as string);
  expect(referred.length).toBeGreaterThan(40);
  expect(referred.filter((name) => !(name in document.components.schemas))).toEqual([]);
  expect(text).not.toContain('#/$defs/');
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods as Record<string, { operationId: string; parameters: { name: string; in: string; required: boolean }[] }>)) {
      const inPath = operation.parameters.filter((one) => one.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  }
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

it('R1 every named schema of the document is one that a validator takes, and that refuses what it must', () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const whole = JSON.parse(JSON.stringify({ ...(schema as object), $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/'));
    expect(z.fromJSONSchema(whole).safeParse('a text').success, name).toBe(false);
  }
});
