import { createDatabase } from '../../../packages/millrace/src/database/index.ts';
import type { Bench, SideFactory } from '../../harness/figure.ts';
import { scratchServer } from './server.ts';

const table = 'create table sales (id int primary key, product text not null, quantity int not null, price numeric not null, sold_at timestamptz not null)';
const rowsOf = function* (count: number) {
  for (let id = 0; id < count; id++) yield { id, product: `product ${id % 500}`, quantity: id % 7, price: '2.55', sold_at: '2010-12-01T08:26:00Z' };
};

/** Writes `count` rows into an empty table and says how many a second. */
const side =
  (count: number, write: 'insertMany' | 'one by one'): SideFactory =>
  async () => {
    const { url, close } = await scratchServer();
    const database = createDatabase({ url });
    await database.start();
    await database.execute(table);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const writes = {
      insertMany: () => database.insertMany('sales', rowsOf(count)),
      'one by one': async () => {
        for (const { id, product, quantity, price, sold_at } of rowsOf(count)) {
          await client.query('insert into sales values ($1, $2, $3, $4, $5)', [id, product, quantity, price, sold_at]);
        }
      },
    };
    return {
      async round() {
        await client.query('truncate sales');
        const sinceMs = performance.now();
        await writes[write]();
        const seconds = (performance.now() - sinceMs) / 1000;
        const { rows } = await client.query<{ n: number }>('select count(*)::int as n from sales');
        if (rows[0]?.n !== count) throw new Error(`${rows[0]?.n} rows were written, not ${count}`);
        return { rowsPerSecond: count / seconds };
      },
      async close() {
        await client.end();
        await database.stop();
        await close();
      },
    };
  };

export const bench: Bench = {
  area: 'database',
  pinned: false,
  rounds: 11,
  setting:
    'five columns; insertMany 50,000 rows a round from a generator, single inserts 1,000 rows a round on one pg client, each its own commit; embedded PostgreSQL with its defaults (fsync on)',
  packages: ['pg'],
  sides: { millrace: side(50_000, 'insertMany'), 'single inserts': side(1000, 'one by one') },
  figures: [
    {
      id: 'database/import',
      question: 'How much faster is a bulk import through the batch writer than single autocommitted inserts?',
      metric: 'rowsPerSecond',
      ours: 'millrace',
      peer: 'single inserts',
      goal: { direction: 'atLeast', ratio: 50 },
    },
  ],
};
