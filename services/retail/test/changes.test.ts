import { createDatabase, type Database } from 'millrace/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;
let psql: Database;

beforeAll(async () => {
  world = await startWorld();
  psql = createDatabase({ url: world.url });
  await psql.start();
});
afterAll(async () => {
  await psql.stop();
  await world.stop();
});

const answers = (path: string, body: object) => expect.poll(async () => (await world.get(path)).body, { timeout: 10_000, interval: 10 }).toMatchObject(body);

it('C8 R1 a row changed with psql is the next answer: products, shelves, users, members, categories and stores', async () => {
  await expect.poll(() => world.millrace.stats().changes, { timeout: 20_000 }).toMatchObject({ level: 'logical', uncovered: [] });
  const [shelf] = await psql.query<{ store_id: number; product_id: number }>('select store_id, product_id from retail.inventory_levels limit 1');
  const [member] = await psql.query<{ customer_id: number }>('select customer_id from retail.loyalty_members limit 1');
  const level = `/retail/stores/${shelf?.store_id}/inventory/${shelf?.product_id}`;
  const loyalty = `/retail/customers/${member?.customer_id}/loyalty`;
  const paths = ['/retail/products/7', level, '/retail/users/3', loyalty, '/retail/categories', '/retail/stores'];
  for (const path of paths) expect((await world.get(path)).status, path).toBe(200);
  await psql.execute("update retail.products set name = 'renamed' where id = 7");
  await answers('/retail/products/7', { name: 'renamed' });
  await psql.execute('update retail.inventory_levels set quantity = 4321 where store_id = $1 and product_id = $2', [shelf?.store_id, shelf?.product_id]);
  await answers(level, { quantity: 4321 });
  await psql.execute("update retail.users set name = 'Somebody Else' where id = 3");
  await answers('/retail/users/3', { name: 'Somebody Else' });
  await psql.execute('update retail.loyalty_members set points = 987654 where customer_id = $1', [member?.customer_id]);
  await answers(loyalty, { points: 987_654 });
  await psql.execute("update retail.categories set name = 'Other things' where id = 1");
  await expect.poll(async () => JSON.stringify((await world.get('/retail/categories')).body), { timeout: 10_000 }).toContain('Other things');
  await psql.execute("update retail.stores set name = 'Elsewhere' where id = 1");
  await expect.poll(async () => JSON.stringify((await world.get('/retail/stores')).body), { timeout: 10_000 }).toContain('Elsewhere');
});
