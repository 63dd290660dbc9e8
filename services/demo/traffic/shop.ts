import { firstDay, lastDay, type Shop } from './plan.ts';

const answerLimitMs = 15_000;
const mostPages = 30;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

async function read<Answer>(url: string, path: string): Promise<Answer> {
  const answer = await fetch(new URL(`/retail${path}`, url), { signal: AbortSignal.timeout(answerLimitMs) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return (await answer.json()) as Answer;
}

/** The first `mostPages` pages of a list. */
async function readAll<Item>(url: string, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  for (let page = 0; page < mostPages && cursor !== null; page++) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { items: found, nextCursor }: Page<Item> = await read<Page<Item>>(url, `${path}${path.includes('?') ? '&' : '?'}limit=100${after}`);
    items.push(...found);
    cursor = nextCursor;
  }
  return items;
}

/** Learns through the API what there is to ask for. */
export async function readShop(url: string): Promise<Shop> {
  const products = await readAll<{ id: number; name: string }>(url, '/products?fields=id,name');
  const categories = await read<{ items: { id: number }[] }>(url, '/categories');
  const stores = await read<{ items: { id: number }[] }>(url, '/stores');
  const storeIds = stores.items.map(({ id }) => id);
  const sales = (await Promise.all(storeIds.map((id) => read<Page<Sale>>(url, `/stores/${id}/transactions?from=${firstDay}&to=${lastDay}&limit=100`)))).flatMap(
    ({ items }) => items,
  );
  const customers = [...new Set(sales.map(({ customerId }) => customerId).filter((id) => id !== null))];
  return {
    products: shuffled(products),
    categories: categories.items.map(({ id }) => id),
    stores: storeIds,
    customers,
  };
}

interface Sale {
  readonly customerId: number | null;
}

/** What is most wanted should not be what has the lowest number; the same order at each start, so that figures can be compared. */
const shuffled = <Item extends { id: number }>(items: readonly Item[]): Item[] => items.toSorted((a, b) => scattered(a.id) - scattered(b.id));
const scattered = (id: number): number => Math.imul(id, 0x9e3779b1) >>> 0;
