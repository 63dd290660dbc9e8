import { globSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './figure.ts';

export const benchRoot = resolve(import.meta.dirname, '..');

export interface FoundBench {
  /** Below bench/, with forward slashes. */
  readonly file: string;
  readonly path: string;
  readonly bench: Bench;
}

/** Every bench whose area, path or one of whose figure ids matches one of the words; all without words. Peers need not be installed for this. */
export async function findBenches(words: readonly string[]): Promise<FoundBench[]> {
  const files = globSync('{micro,load,sim}/**/*.bench.ts', { cwd: benchRoot }).sort();
  const all = await Promise.all(
    files.map(async (file) => {
      const path = join(benchRoot, file);
      const { bench } = (await import(pathToFileURL(path).href)) as { bench?: Bench };
      if (!bench) throw new Error(`bench/${file} exports no \`bench\``);
      return { file: file.split(sep).join('/'), path, bench };
    }),
  );
  checkIds(all);
  return words.length === 0 ? all : all.filter((one) => words.some((word) => matches(one, word)));
}

const matches = ({ file, bench }: FoundBench, word: string): boolean =>
  bench.area === word || bench.figures.some(({ id }) => id === word) || (word.length > 2 && file.includes(word));

function checkIds(all: readonly FoundBench[]): void {
  const seen = new Map<string, string>();
  for (const { file, bench } of all)
    for (const { id, ours, peer, baseline } of bench.figures) {
      const other = seen.get(id);
      if (other) throw new Error(`figure ${id} stands in ${other} and in ${file}`);
      seen.set(id, file);
      if (!id.startsWith(`${bench.area}/`)) throw new Error(`figure ${id} of ${file} does not begin with its area ${bench.area}/`);
      for (const side of [ours, peer, baseline]) if (side !== undefined && !bench.sides[side]) throw new Error(`figure ${id}: ${file} has no side ${side}`);
    }
}
