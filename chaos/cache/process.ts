// One process of the fleet, as its own program: reads rows and shelves without end through a cache, writes rows of its own, and tells what it was given.
import { createMillrace } from 'millrace';
import { items, nowMs, type ProcessReport, type ProcessSettings, pause, type ReadRecord, seeded, shelfOf, shelves, type WriteRecord } from './protocol.ts';

interface Item {
  readonly id: number;
  readonly version: number;
}
interface Shelf {
  readonly shelf: number;
  readonly version: number;
}

const readers = 6;
const reportEveryMs = 200;
const settings = JSON.parse(process.argv[2] as string) as ProcessSettings;
const random = seeded(settings.seed);

const millrace = await createMillrace(
  {
    ...{ databaseUrl: settings.databaseUrl, redisUrl: settings.redisUrl, service: 'chaos' },
    database: { changes: settings.planted === 'none' ? 'auto' : 'off', pool: { minConnections: 1, maxConnections: 6 } },
  },
  { env: {}, directory: settings.directory, warn: () => {} },
);
const item = millrace.cache.entity(
  'item',
  (ids: readonly number[], call) => millrace.database.query<Item>('select id, version from chaos.items where id = any($1)', [ids], call),
  { key: (row) => row.id, ttl: '1h', tables: { 'chaos.items': (row) => row.id }, loadTimeout: '2s' },
);
const shelf = millrace.cache.entity(
  'shelf',
  (ids: readonly number[], call) =>
    millrace.database.query<Shelf>('select shelf, sum(version)::int as version from chaos.items where shelf = any($1) group by shelf', [ids], call),
  { key: (row) => row.shelf, ttl: '1h', tables: { 'chaos.items': (row) => row.shelf }, loadTimeout: '2s' },
);

let report = emptyReport();
const floors = new Map<number, number>();
let isStopping = false;

function emptyReport(): { reads: ReadRecord[]; writes: WriteRecord[]; failures: Record<string, number>; tiers: Record<string, number> } {
  return { reads: [], writes: [], failures: {}, tiers: {} };
}

/** One read; the time is taken before the question, and so is what must be known. */
async function readOnce(): Promise<void> {
  const isShelf = random() < 0.1;
  const id = isShelf ? Math.floor(random() * shelves) : 1 + Math.floor(random() ** 2 * items);
  const key = isShelf ? `shelf:${id}` : `item:${id}`;
  const floor = isShelf ? 0 : (floors.get(id) ?? 0);
  const startMs = nowMs();
  try {
    const { value, tier } = await (isShelf ? shelf.getEntry(id, { timeout: '3s' }) : item.getEntry(id, { timeout: '3s' }));
    report.reads.push([key, value?.version ?? 0, startMs, floor]);
    report.tiers[tier] = (report.tiers[tier] ?? 0) + 1;
  } catch (error) {
    report.reads.push([key, -1, startMs, floor, labelOf(error)]);
  }
}

function labelOf(error: unknown): string {
  const { code, name, cause } = error as { readonly code?: string; readonly name?: string; readonly cause?: { readonly code?: string } };
  return [code ?? name, cause?.code].filter(Boolean).join(' < ');
}

function note(error: unknown): void {
  const label = labelOf(error);
  report.failures[label] = (report.failures[label] ?? 0) + 1;
}

async function readOn(): Promise<void> {
  while (!isStopping) {
    for (let at = 0; at < 20; at++) await readOnce();
    await pause(4 + random() * 8);
  }
}

/** Writes a row of its own through the layer and drops it: from then on this process may not see an older version. */
async function writeOn(): Promise<void> {
  while (!isStopping) {
    const id = settings.ownItems[Math.floor(random() * settings.ownItems.length)] as number;
    try {
      const [row] = await millrace.executeQuery<{ version: number }>('update chaos.items set version = version + 1 where id = $1 returning version', [id], {
        timeout: '2s',
      });
      const atMs = nowMs();
      await Promise.all([item.invalidate(id), shelf.invalidate(shelfOf(id))]);
      if (row) {
        report.writes.push([id, row.version, atMs]);
        floors.set(id, row.version);
      }
    } catch (error) {
      note(error);
    }
    await pause(30 + random() * 60);
  }
}

function tell(): void {
  const told: ProcessReport = report;
  report = emptyReport();
  if (process.connected) process.send?.(told);
}

async function stop(): Promise<void> {
  isStopping = true;
  await Promise.allSettled(working);
  await millrace.stop();
  tell();
  process.disconnect?.();
}

const working = [...Array.from({ length: readers }, readOn), writeOn()];
const telling = setInterval(tell, reportEveryMs);
process.once('message', () => {
  clearInterval(telling);
  void stop();
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
