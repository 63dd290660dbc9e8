import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImportProgress } from '../main.ts';
import { startWorld, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'retail-import-'));
const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const progress: ImportProgress[] = [];
let world: World;

const file = (name: string, lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
};

beforeAll(async () => {
  world = await startWorld({ onProgress: (one) => progress.push(one) });
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

const counted = async (on: World): Promise<Record<string, number>> => {
  const tables = ['products', 'categories', 'stores', 'users', 'customers', 'loyalty_members', 'inventory_levels', 'transactions', 'transaction_lines'];
  const columns = tables.map((table) => `(select count(*)::int from retail.${table}) as ${table}`);
  const [row] = await on.millrace.executeQuery<Record<string, number>>(`select ${columns.join(', ')}`);
  return row ?? {};
};

it('R1 the sales file becomes products, customers, stores and sales, and every line is accounted for', async () => {
  expect(world.report).toMatchObject({ outcome: 'imported', lines: 4688, accepted: 4688, rejected: { counts: {} } });
  expect(await counted(world)).toEqual({
    products: 1455,
    categories: 14,
    stores: 18,
    users: 18,
    customers: 161,
    loyalty_members: 161,
    inventory_levels: 18 * 1455,
    transactions: 236,
    transaction_lines: 4688,
  });
});

it('R1 the import tells how far it is, and ends where it said', () => {
  const last = progress.at(-1);
  expect(progress.length).toBeGreaterThan(10);
  expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).sort((a, b) => a - b));
  expect(last?.done).toBe(last?.total);
  expect(last?.total).toBe(world.report?.rows);
});

it('R1 a sale has the real invoice, price, date and total', async () => {
  const { body } = await world.get('/retail/stores/1/transactions?from=2010-12-01&to=2010-12-01');
  expect(body.items).toMatchObject([{ invoiceNo: '536389', customerId: 12_431, createdAt: '2010-12-01T10:03:00.000Z', totalPence: 35_825, pieces: 107 }]);
});

it('R1 stock is the sum of its movements on every shelf', async () => {
  const wrong = await world.millrace.executeQuery(`
    select store_id, product_id from retail.inventory_levels i
    full join (select store_id, product_id, sum(quantity) as moved from retail.stock_movements group by 1, 2) m using (store_id, product_id)
    where m.moved is distinct from i.quantity`);
  expect(wrong).toEqual([]);
});

it('R1 a second start imports nothing', async () => {
  const before = await counted(world);
  const again = await world.retail.start();
  expect(again).toMatchObject({ outcome: 'present', rows: 0, accepted: 4688 });
  expect(await counted(world)).toEqual(before);
});

it('R1 every line that is no sale is counted with its reason, and the rest is imported', async () => {
  const good = '536389,22196,SMALL HEART MEASURING SPOONS,24,12/1/2010 10:03,0.85,12431,Australia';
  const salesFile = file('mixed.csv', [
    good,
    'C536379,22196,SPOONS,-1,12/1/2010 9:41,0.85,14527,United Kingdom',
    'A563185,22196,Adjust bad debt,1,8/12/2011 14:50,11062.06,,United Kingdom',
    '536414,22139,,56,12/1/2010 11:52,0.85,,United Kingdom',
    '536545,21134,BELL,1,12/1/2010 14:32,0,,United Kingdom',
    '536546,22145,CRAFTS,-3,12/1/2010 14:33,1.05,,United Kingdom',
    '536547,22145,CRAFTS,2,12/1/2010 14:33,0.001,,United Kingdom',
    '536370,POST,POSTAGE,3,12/1/2010 8:45,18,12583,France',
    '536548,22145,CRAFTS,2',
    '536549,22145,"A ""QUOTED"", NAME",2,12/1/2010 14:33,1.05,,France',
  ]);
  const mixed = await startWorld({ salesFile });
  try {
    expect(mixed.report).toMatchObject({
      lines: 10,
      accepted: 2,
      rejected: {
        counts: {
          cancellation: 1,
          'bookkeeping entry': 1,
          description: 1,
          'price not positive': 1,
          'quantity not positive': 1,
          price: 1,
          'stock code': 1,
          unreadable: 1,
        },
        examples: expect.arrayContaining([
          { line: 3, reason: 'cancellation' },
          { line: 9, reason: 'stock code' },
          { line: 10, reason: 'unreadable' },
        ]),
      },
    });
    expect(mixed.logged.find(({ fields }) => fields['event'] === 'retail.sales.imported')?.text).toContain('Imported 2 of 10 lines');
    expect((await mixed.get('/retail/products/search?q=quoted')).body.items).toMatchObject([{ name: 'A "QUOTED", NAME', pricePence: 105 }]);
  } finally {
    await mixed.stop();
  }
});

it('R1 another file is not mixed into the sales that are there', async () => {
  const other = file('other.csv', ['536389,22196,SPOONS,24,12/1/2010 10:03,0.85,12431,Australia']);
  const { importSales } = await import('../adapters/import/import-sales.ts');
  const { importTarget } = await import('../adapters/postgres/database.ts');
  await expect(importSales(importTarget(world.millrace.database), other, () => {})).rejects.toThrow(
    /holds the sales of online-retail\.csv .* other\.csv is another file/,
  );
});

it('R1 a file of another kind is refused in one line', async () => {
  const wrong = join(folder, 'wrong.csv');
  writeFileSync(wrong, 'a,b\n1,2\n');
  const empty = await startWorld({ salesFile: wrong, starts: false });
  try {
    await expect(empty.retail.start()).rejects.toThrow('The sales file has no column InvoiceNo, StockCode');
  } finally {
    await empty.stop();
  }
});

it('R1 an import that is cut off leaves nothing, and the next start begins again; two at once import once', async () => {
  let isCutOff = false;
  const cut = await startWorld({
    starts: false,
    onProgress: ({ table }) => {
      if (isCutOff || table !== 'stock_movements') return;
      isCutOff = true;
      throw new Error('the power went');
    },
  });
  try {
    await expect(cut.retail.start()).rejects.toThrow('the power went');
    expect(new Set(Object.values(await counted(cut)))).toEqual(new Set([0]));
    const outcomes = (await Promise.all([cut.retail.start(), cut.retail.start()])).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(['imported', 'present']);
    expect((await counted(cut))['transaction_lines']).toBe(4688);
  } finally {
    await cut.stop();
  }
});
