import { expect, it } from 'vitest';
import { derive, type RawLine, type RejectReason, readLine, type SaleLine } from './sales-file.ts';
import { targetLevel } from './stock.ts';

const line = (changes: Partial<RawLine> = {}): RawLine => ({
  InvoiceNo: '536389',
  StockCode: '22196',
  Description: 'SMALL HEART MEASURING SPOONS',
  Quantity: '24',
  InvoiceDate: '12/1/2010 10:03',
  UnitPrice: '0.85',
  CustomerID: '12431',
  Country: 'Australia',
  ...changes,
});
const sale = (changes: Partial<RawLine> = {}): SaleLine => readLine(line(changes)) as SaleLine;

it('R1 a line of the file becomes a sale in pence and UTC', () => {
  expect(readLine(line({ StockCode: '85123a', Description: ' WHITE  HANGING HEART ', Country: 'EIRE' }))).toEqual({
    invoiceNo: '536389',
    sku: '85123A',
    name: 'WHITE HANGING HEART',
    quantity: 24,
    soldAt: '2010-12-01T10:03:00.000Z',
    pricePence: 85,
    customerId: 12_431,
    country: 'Ireland',
  });
});

it('R1 a sale without a customer is a walk-in sale, no mistake', () => {
  expect(readLine(line({ CustomerID: '' }))).toMatchObject({ customerId: undefined });
});

it.each<[RejectReason, Partial<RawLine>]>([
  ['cancellation', { InvoiceNo: 'C536379', Quantity: '-1' }],
  ['bookkeeping entry', { InvoiceNo: 'A563185' }],
  ['invoice number', { InvoiceNo: '53638' }],
  ['stock code', { StockCode: 'POST' }],
  ['stock code', { StockCode: '' }],
  ['description', { Description: '  ' }],
  ['quantity', { Quantity: '1.5' }],
  ['quantity', { Quantity: '' }],
  ['quantity not positive', { Quantity: '-24' }],
  ['quantity not positive', { Quantity: '0' }],
  ['price not positive', { UnitPrice: '0' }],
  ['price not positive', { UnitPrice: '-11062.06' }],
  ['price', { UnitPrice: '0.001' }],
  ['price', { UnitPrice: 'free' }],
  ['date', { InvoiceDate: '13/1/2010 10:03' }],
  ['date', { InvoiceDate: '2/30/2010 10:03' }],
  ['date', { InvoiceDate: '2010-12-01' }],
  ['customer', { CustomerID: 'x' }],
  ['country', { Country: '' }],
])('R1 a line that is no sale is rejected: %s', (reason, changes) => {
  expect(readLine(line(changes))).toBe(reason);
});

it('R1 a product has its most frequent name and its newest price', () => {
  const { products, categories } = derive([
    sale({ Description: 'HEART SPOONS', UnitPrice: '0.80', InvoiceDate: '12/2/2010 9:00', InvoiceNo: '536400' }),
    sale({ Description: 'MEASURING SPOONS', UnitPrice: '0.85' }),
    sale({ Description: 'MEASURING SPOONS', UnitPrice: '0.90', InvoiceNo: '536390' }),
  ]);
  expect(products).toEqual([{ id: 1, sku: '22196', name: 'MEASURING SPOONS', pricePence: 80, categoryId: expect.any(Number) }]);
  expect(categories.find(({ id }) => id === products[0]?.categoryId)?.name).toBe('Kitchen and baking');
});

it('R1 there is one store for each foreign country, and a customer of the United Kingdom always comes to the same shop', () => {
  const home = { Country: 'United Kingdom' };
  const { stores, users, transactions } = derive([
    sale(),
    sale({ ...home, InvoiceNo: '536401', CustomerID: '14307' }),
    sale({ ...home, InvoiceNo: '536402', CustomerID: '14307' }),
    sale({ ...home, InvoiceNo: '536403', CustomerID: '14308' }),
    sale({ ...home, InvoiceNo: '536405', CustomerID: '' }),
  ]);
  expect(stores.map(({ country }) => country).sort()).toEqual(['Australia', 'United Kingdom', 'United Kingdom', 'United Kingdom']);
  expect(users.map(({ storeId }) => storeId)).toEqual(stores.map(({ id }) => id));
  const storeOf = (invoiceNo: string) => transactions.find((one) => one.invoiceNo === invoiceNo)?.storeId;
  expect(storeOf('536401')).toBe(storeOf('536402'));
  expect(storeOf('536401')).not.toBe(storeOf('536403'));
});

it('R1 an invoice is as old as its first line, and its total is the sum of its lines', () => {
  const { transactions } = derive([sale({ InvoiceDate: '12/1/2010 16:58' }), sale({ InvoiceDate: '12/1/2010 16:57', StockCode: '22195', UnitPrice: '1.65' })]);
  expect(transactions).toMatchObject([{ createdAt: '2010-12-01T16:57:00.000Z', totalPence: 24 * 85 + 24 * 165 }]);
});

it('R1 what lies on a shelf is the sum of its movements, never below zero on the way, and full at the end', () => {
  const { movements, levels } = derive([
    sale(),
    sale({ InvoiceNo: '536405', InvoiceDate: '12/2/2010 11:00', Quantity: '700' }),
    sale({ InvoiceNo: '536406', InvoiceDate: '12/3/2010 11:00', Quantity: '5', StockCode: '22195' }),
  ]);
  for (const { storeId, productId, quantity } of levels) {
    let level = 0;
    for (const move of movements.filter((one) => one.storeId === storeId && one.productId === productId)) {
      level += move.quantity;
      expect(level).toBeGreaterThanOrEqual(0);
    }
    expect(level).toBe(quantity);
  }
  expect(levels.map(({ quantity }) => quantity)).toEqual([targetLevel(5), targetLevel(724)]);
});

it('R1 known customers are members with a point for each whole pound', () => {
  const { members, customers } = derive([sale(), sale({ InvoiceNo: '536407', CustomerID: '' }), sale({ InvoiceNo: '536408', Quantity: '1000' })]);
  expect(customers).toEqual([{ id: 12_431, country: 'Australia', firstSeenAt: '2010-12-01T10:03:00.000Z' }]);
  expect(members).toEqual([{ customerId: 12_431, points: 20 + 850, tier: 'silver', joinedAt: '2010-12-01T10:03:00.000Z' }]);
});

it('R1 the same lines give the same rows, ids included', () => {
  const lines = [sale(), sale({ StockCode: '10002', InvoiceNo: '536410' }), sale({ CustomerID: '12600', Country: 'France', InvoiceNo: '536409' })];
  expect(derive(lines)).toEqual(derive([...lines]));
  expect(derive(lines).products.map(({ sku }) => sku)).toEqual(['10002', '22196']);
});
