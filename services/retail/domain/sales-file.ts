/**
 * From the lines of the sales file to what the service keeps, without I/O and without chance: the same file gives the same rows, ids included.
 *
 * A line is either accepted or rejected with one reason; none is dropped silently. An empty customer is no reason: those are walk-in sales.
 */
import { categoryNames, categoryOf } from './categories.ts';
import { pointsOf, type Tier, tierOf } from './loyalty.ts';
import { penceOf } from './money.ts';
import { type MovementKind, shelfLevel, targetLevel } from './stock.ts';
import { countryOf, storeNameOf, tillEmailOf } from './stores.ts';

/** A line as the file has it. */
export interface RawLine {
  readonly InvoiceNo: string;
  readonly StockCode: string;
  readonly Description: string;
  readonly Quantity: string;
  readonly InvoiceDate: string;
  readonly UnitPrice: string;
  readonly CustomerID: string;
  readonly Country: string;
}

export const rawColumns: readonly (keyof RawLine)[] = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
];

/** Why a line is not a sale: the first that applies. */
export const rejectReasons = {
  unreadable: 'the line is no CSV with the columns of the first line',
  cancellation: 'the invoice number begins with C: a cancellation, not a sale',
  'bookkeeping entry': 'the invoice number begins with A: an adjustment of bad debt, not a sale',
  'invoice number': 'the invoice number is not six digits',
  'stock code': 'the stock code is empty, or stands for postage, fees or samples instead of goods',
  description: 'the description is empty',
  'quantity not positive': 'the quantity is zero or negative: goods returned, lost or corrected',
  quantity: 'the quantity is no whole number',
  'price not positive': 'the price is zero or negative: given away or written off',
  price: 'the price is no amount in whole pence',
  date: 'the date is not M/D/YYYY H:MM',
  customer: 'the customer is neither empty nor a number',
  country: 'the country is empty',
} as const;
export type RejectReason = keyof typeof rejectReasons;

/** A line that is a sale. */
export interface SaleLine {
  readonly invoiceNo: string;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  /** The file has no time zone; in December the United Kingdom keeps UTC. */
  readonly soldAt: string;
  readonly pricePence: number;
  readonly customerId: number | undefined;
  readonly country: string;
}

/** Reads one line: a sale, or the reason why it is none. */
export function readLine(raw: RawLine): SaleLine | RejectReason {
  const quantity = Number(raw.Quantity);
  const pricePence = penceOf(raw.UnitPrice);
  const soldAt = dateOf(raw.InvoiceDate);
  const reason = reasonAgainst(raw, quantity, pricePence, soldAt);
  if (reason) return reason;
  return {
    invoiceNo: raw.InvoiceNo,
    sku: raw.StockCode.toUpperCase(),
    name: raw.Description.trim().replace(/\s+/g, ' '),
    quantity,
    soldAt: soldAt as string,
    pricePence: pricePence as number,
    customerId: raw.CustomerID === '' ? undefined : Number(raw.CustomerID),
    country: countryOf(raw.Country.trim()),
  };
}

function reasonAgainst(raw: RawLine, quantity: number, pricePence: number | undefined, soldAt: string | undefined): RejectReason | undefined {
  if (/^C/i.test(raw.InvoiceNo)) return 'cancellation';
  if (/^A/i.test(raw.InvoiceNo)) return 'bookkeeping entry';
  if (!/^\d{6}$/.test(raw.InvoiceNo)) return 'invoice number';
  if (!/^\d{5}[A-Za-z]{0,2}$/.test(raw.StockCode)) return 'stock code';
  if (raw.Description.trim() === '') return 'description';
  if (!/^-?\d{1,9}$/.test(raw.Quantity)) return 'quantity';
  if (quantity <= 0) return 'quantity not positive';
  if (Number(raw.UnitPrice) <= 0) return 'price not positive';
  if (pricePence === undefined) return 'price';
  if (soldAt === undefined) return 'date';
  if (!/^(\d{1,9})?$/.test(raw.CustomerID)) return 'customer';
  return raw.Country.trim() === '' ? 'country' : undefined;
}

function dateOf(text: string): string | undefined {
  const parts = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})$/.exec(text);
  if (!parts) return undefined;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  return isReal ? date.toISOString() : undefined;
}

export interface DerivedProduct {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly categoryId: number;
  readonly pricePence: number;
}

export interface DerivedTransaction {
  readonly id: number;
  readonly invoiceNo: string;
  readonly storeId: number;
  readonly customerId: number | undefined;
  readonly createdAt: string;
  readonly totalPence: number;
  readonly lines: readonly { readonly productId: number; readonly quantity: number; readonly unitPricePence: number }[];
}

export interface DerivedMovement {
  readonly storeId: number;
  readonly productId: number;
  readonly kind: MovementKind;
  readonly quantity: number;
  readonly transactionId: number | undefined;
  readonly createdAt: string;
}

/** Everything the service knows after an import. Ids count from 1 in the order of the lists. */
export interface Dataset {
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly stores: readonly { readonly id: number; readonly name: string; readonly country: string }[];
  /** One till account for each store. */
  readonly users: readonly { readonly id: number; readonly storeId: number; readonly email: string; readonly name: string }[];
  readonly products: readonly DerivedProduct[];
  readonly customers: readonly { readonly id: number; readonly country: string; readonly firstSeenAt: string }[];
  readonly members: readonly { readonly customerId: number; readonly points: number; readonly tier: Tier; readonly joinedAt: string }[];
  readonly transactions: readonly DerivedTransaction[];
  readonly movements: readonly DerivedMovement[];
  readonly levels: readonly { readonly storeId: number; readonly productId: number; readonly quantity: number; readonly targetLevel: number }[];
}

/** The whole data set from the accepted lines. */
export function derive(lines: readonly SaleLine[]): Dataset {
  const invoices = invoicesOf(lines);
  const categories = categoryNames.map((name, index) => ({ id: index + 1, name }));
  const stores = storesOf(invoices);
  const storeIds = new Map(stores.map(({ id, name }) => [name, id]));
  const products = productsOf(lines, new Map(categories.map(({ id, name }) => [name, id])));
  const productIds = new Map(products.map(({ id, sku }) => [sku, id]));
  const transactions = invoices.map((invoice, index) => transactionOf(invoice, index + 1, storeIds, productIds));
  const customers = customersOf(invoices);
  return {
    categories,
    stores,
    users: stores.map(({ id, name }) => ({ id, storeId: id, email: tillEmailOf(name), name: `Till of ${name}` })),
    products,
    customers,
    members: membersOf(customers, transactions),
    transactions,
    ...stockOf(stores, products, transactions),
  };
}

interface Invoice {
  readonly invoiceNo: string;
  readonly storeName: string;
  readonly country: string;
  readonly customerId: number | undefined;
  readonly soldAt: string;
  readonly lines: readonly SaleLine[];
}

/** An invoice is as old as its first line (one of the file's lasts from 16:57 to 16:58). Oldest first. */
function invoicesOf(lines: readonly SaleLine[]): Invoice[] {
  const byNumber = new Map<string, SaleLine[]>();
  for (const line of lines) {
    const known = byNumber.get(line.invoiceNo);
    if (known) known.push(line);
    else byNumber.set(line.invoiceNo, [line]);
  }
  const invoices = [...byNumber].map(([invoiceNo, own]) => {
    const { country } = own[0] as SaleLine;
    const customerId = own.find((line) => line.customerId !== undefined)?.customerId;
    const soldAt = own.map((line) => line.soldAt).sort()[0] as string;
    return { invoiceNo, storeName: storeNameOf(country, customerId, invoiceNo), country, customerId, soldAt, lines: own };
  });
  return invoices.sort((a, b) => compare(a.soldAt, b.soldAt) || compare(a.invoiceNo, b.invoiceNo));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function storesOf(invoices: readonly Invoice[]): { id: number; name: string; country: string }[] {
  const countries = new Map(invoices.map(({ storeName, country }) => [storeName, country]));
  return [...countries].sort(([a], [b]) => compare(a, b)).map(([name, country], index) => ({ id: index + 1, name, country }));
}

/** A product's name is the one most of its lines have, its price that of its newest line. */
function productsOf(lines: readonly SaleLine[], categoryIds: ReadonlyMap<string, number>): DerivedProduct[] {
  const bySku = Map.groupBy(lines, ({ sku }) => sku);
  return [...bySku]
    .sort(([a], [b]) => compare(a, b))
    .map(([sku, own], index) => {
      const name = mostFrequent(own.map((line) => line.name));
      const newest = own.reduce((best, line) => (line.soldAt >= best.soldAt ? line : best));
      return { id: index + 1, sku, name, categoryId: categoryIds.get(categoryOf(name)) as number, pricePence: newest.pricePence };
    });
}

/** Among equally frequent ones the first in the alphabet. */
function mostFrequent(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [best] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || compare(a, b));
  return best?.[0] as string;
}

function transactionOf(invoice: Invoice, id: number, storeIds: ReadonlyMap<string, number>, productIds: ReadonlyMap<string, number>): DerivedTransaction {
  const lines = invoice.lines.map((line) => ({
    productId: productIds.get(line.sku) as number,
    quantity: line.quantity,
    unitPricePence: line.pricePence,
  }));
  return {
    id,
    invoiceNo: invoice.invoiceNo,
    storeId: storeIds.get(invoice.storeName) as number,
    customerId: invoice.customerId,
    createdAt: invoice.soldAt,
    totalPence: lines.reduce((sum, line) => sum + line.quantity * line.unitPricePence, 0),
    lines,
  };
}

function customersOf(invoices: readonly Invoice[]): { id: number; country: string; firstSeenAt: string }[] {
  const known = new Map<number, { id: number; country: string; firstSeenAt: string }>();
  for (const { customerId, country, soldAt } of invoices) {
    if (customerId !== undefined && !known.has(customerId)) known.set(customerId, { id: customerId, country, firstSeenAt: soldAt });
  }
  return [...known.values()].sort((a, b) => a.id - b.id);
}

/** Every known customer is a member since the first purchase. */
function membersOf(customers: Dataset['customers'], transactions: readonly DerivedTransaction[]): Dataset['members'] {
  const points = new Map<number, number>();
  for (const { customerId, totalPence } of transactions) {
    if (customerId !== undefined) points.set(customerId, (points.get(customerId) ?? 0) + pointsOf(totalPence));
  }
  return customers.map(({ id, firstSeenAt }) => {
    const own = points.get(id) ?? 0;
    return { customerId: id, points: own, tier: tierOf(own), joinedAt: firstSeenAt };
  });
}

/** Movements whose sum is the level of each shelf: what was opened and delivered, less what was sold. */
function stockOf(
  stores: Dataset['stores'],
  products: readonly DerivedProduct[],
  transactions: readonly DerivedTransaction[],
): Pick<Dataset, 'movements' | 'levels'> {
  const days = [...new Set(transactions.map(({ createdAt }) => createdAt.slice(0, 10)))].sort();
  const sold = soldPerDay(transactions);
  const movements: DerivedMovement[] = [];
  const levels: Dataset['levels'][number][] = [];
  for (const { id: storeId } of stores) {
    for (const { id: productId } of products) {
      const perDay = days.map((day) => sold.get(`${day}/${storeId}/${productId}`) ?? 0);
      const target = targetLevel(perDay.reduce((sum, one) => sum + one, 0));
      const put = (kind: MovementKind, quantity: number, createdAt: string): void => {
        if (quantity > 0) movements.push({ storeId, productId, kind, quantity, transactionId: undefined, createdAt });
      };
      perDay.forEach((pieces, index) => {
        put(index === 0 ? 'opening' : 'delivery', pieces + (index === 0 ? shelfLevel : 0), `${days[index]}T05:00:00.000Z`);
      });
      put('delivery', target - shelfLevel, `${days.at(-1)}T22:00:00.000Z`);
      levels.push({ storeId, productId, quantity: target, targetLevel: target });
    }
  }
  return { movements: [...movements, ...saleMovements(transactions)].sort((a, b) => compare(a.createdAt, b.createdAt)), levels };
}

const saleMovements = (transactions: readonly DerivedTransaction[]): DerivedMovement[] =>
  transactions.flatMap(({ id, storeId, createdAt, lines }) =>
    lines.map(({ productId, quantity }) => ({ storeId, productId, kind: 'sale' as const, quantity: -quantity, transactionId: id, createdAt })),
  );

function soldPerDay(transactions: readonly DerivedTransaction[]): Map<string, number> {
  const sold = new Map<string, number>();
  for (const { storeId, createdAt, lines } of transactions) {
    for (const { productId, quantity } of lines) {
      const shelf = `${createdAt.slice(0, 10)}/${storeId}/${productId}`;
      sold.set(shelf, (sold.get(shelf) ?? 0) + quantity);
    }
  }
  return sold;
}
