// One process of a fleet. Told what to do in lines of JSON, it answers in lines of JSON. While it reads it keeps, for each id and version, when it read that last.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createMillrace } from 'millrace';

interface Product {
  readonly id: number;
  readonly version: number;
}

const [databaseUrl = '', redisUrl = '', schema = '', ttl = '1h'] = process.argv.slice(2);
const wallMs = (): number => performance.timeOrigin + performance.now();
const millrace = await createMillrace(
  {
    databaseUrl,
    ...(redisUrl === '' ? { cache: { shared: 'postgres' as const } } : { redisUrl }),
    service: schema,
    database: { pool: { minConnections: 1 } },
    monitoring: { enabled: false },
  },
  { env: {}, directory: mkdtempSync(join(tmpdir(), 'millrace-fleet-')) },
);
const loads: [atMs: number, keys: number][] = [];
const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => {
    loads.push([wallMs(), ids.length]);
    return millrace.database.query<Product>(`select id, version from ${schema}.products where id = any($1)`, [ids], call);
  },
  { key: (row) => row.id, ttl: ttl as '1h', jitter: 0.9, tables: { [`${schema}.products`]: (row) => row.id } },
);

const last = new Map<string, number>();
let reads = 0;
let isReading = false;
let failures = 0;

/** Reads ids by chance, some each millisecond. */
async function read(ids: number, perMs: number): Promise<void> {
  isReading = true;
  let beganMs = performance.now();
  while (isReading) {
    const many = Math.min(200, Math.floor((performance.now() - beganMs) * perMs));
    beganMs = performance.now();
    for (let turn = 0; turn < many; turn++) void readOne(1 + Math.floor(Math.random() * ids));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readOne(id: number): Promise<void> {
  const atMs = wallMs();
  try {
    const row = await product.get(id);
    reads++;
    const name = `${id} ${row?.version}`;
    last.set(name, Math.max(last.get(name) ?? 0, atMs));
  } catch {
    failures++;
  }
}

const tell = (answer: unknown): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
tell({ ready: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  const { call, ids = 1, perMs = 1 } = JSON.parse(line) as { call: string; ids?: number; perMs?: number };
  if (call === 'read') {
    void read(ids, perMs);
    tell({ reading: true });
  } else if (call === 'warm') tell({ warm: await product.warm(Array.from({ length: ids }, (_, at) => at + 1)) });
  else if (call === 'get') tell({ row: (await product.get(ids)) ?? null });
  else if (call === 'all') tell({ versions: (await product.getMany(Array.from({ length: ids }, (_, at) => at + 1))).map((row) => row?.version) });
  else if (call === 'quiet') {
    isReading = false;
    tell({ reads, failures, last: [...last], loads });
  } else if (call === 'stats') {
    const { hits, misses } = product.stats();
    tell({
      changes: millrace.stats().changes,
      tables: millrace.cache.tables.stats(),
      hits,
      misses,
      doubted: millrace.cache.stats().bus?.doubts,
      loads: loads.length,
    });
  } else if (call === 'stop') break;
}
isReading = false;
await millrace.stop();
process.exit(0);
