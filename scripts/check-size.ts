// What opening a door costs: its code as brotli bytes, and which foreign packages come along without being asked for. Budget: scripts/size-budget.json.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { rolldown } from 'rolldown';

interface Budget {
  /** Largest size of each door with all it imports of ours. */
  readonly brotliBytes: Readonly<Record<string, number>>;
  /** Foreign packages each door may import when it is opened (not those imported later, when they are needed). */
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

const library = resolve(import.meta.dirname, '../packages/millrace');
const budgetFile = resolve(import.meta.dirname, 'size-budget.json');
const budget = JSON.parse(readFileSync(budgetFile, 'utf8')) as Budget;
const { exports: doors } = JSON.parse(readFileSync(`${library}/package.json`, 'utf8')) as { exports: Record<string, { default: string } | string> };

/** The door and everything of ours behind it in one chunk; foreign packages stay outside and are listed. */
async function weigh(file: string): Promise<{ brotliBytes: number; packages: string[] }> {
  const bundle = await rolldown({
    input: file,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    tsconfig: false,
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = output.filter((one) => one.type === 'chunk');
  const entry = chunks.find((one) => one.isEntry);
  const atOpening = new Set<string>();
  const queue = [entry?.fileName ?? ''];
  for (const name of queue)
    for (const next of chunks.find((one) => one.fileName === name)?.imports ?? []) if (!atOpening.has(next)) atOpening.add(next) && queue.push(next);
  const bytes = chunks.filter(({ fileName }) => fileName === entry?.fileName || atOpening.has(fileName)).map(({ code }) => Buffer.from(code));
  return {
    brotliBytes: brotliCompressSync(Buffer.concat(bytes), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
    packages: [...atOpening].filter((name) => !name.startsWith('node:') && !name.endsWith('.js')).sort(),
  };
}

const problems: string[] = [];
const measured: Record<string, number> = {};
for (const [door, target] of Object.entries(doors)) {
  if (typeof target === 'string') continue;
  const file = resolve(library, target.default);
  if (!existsSync(file)) {
    problems.push(`${door}: ${target.default} is missing: npm run build`);
    continue;
  }
  const { brotliBytes, packages } = await weigh(file);
  measured[door] = brotliBytes;
  const most = budget.brotliBytes[door];
  if (most === undefined) problems.push(`${door} has no budget (now ${brotliBytes} bytes): npm run size -- --update`);
  else if (brotliBytes > most) problems.push(`${door} weighs ${brotliBytes} bytes, its budget is ${most}: look at what came in, then npm run size -- --update`);
  const allowed = budget.packages[door] ?? [];
  for (const name of packages)
    if (!allowed.includes(name)) problems.push(`${door} imports ${name} as soon as it is opened; allowed: ${allowed.join(', ') || 'nothing'}`);
}
if (process.argv.includes('--update')) {
  // A tenth of room, so that a comma is no event.
  const brotliBytes = Object.fromEntries(Object.entries(measured).map(([door, bytes]) => [door, Math.ceil((bytes * 1.1) / 100) * 100]));
  const text = JSON.stringify({ ...budget, brotliBytes }, undefined, 2).replace(/\[\s+([^\]]*?)\s+\]/g, '[$1]');
  writeFileSync(budgetFile, `${text}\n`);
} else {
  for (const one of problems) console.error(one);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
for (const [door, bytes] of Object.entries(measured)) console.log(`${door.padEnd(14)} ${String(bytes).padStart(7)} bytes brotli`);
