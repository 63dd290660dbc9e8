import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchRoot } from './benches.ts';
import type { FigureResult, Reading } from './figure.ts';

const results = join(benchRoot, 'results');

/** The newest run of every figure of an area, by id. */
export function readArea(area: string): Record<string, FigureResult> {
  const file = join(results, `${area}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, FigureResult>) : {};
}

/** Keeps the newest run beside those of other figures, and the run itself, with every round, in the history. */
export function keep(area: string, name: string, figures: readonly FigureResult[], rounds: Readonly<Record<string, readonly Reading[]>>): void {
  const newest = { ...readArea(area), ...Object.fromEntries(figures.map((one) => [one.id, one])) };
  write(join(results, `${area}.json`), Object.fromEntries(Object.entries(newest).sort(([a], [b]) => (a < b ? -1 : 1))));
  const at = (figures[0] as FigureResult).at.replaceAll(/[:.]/g, '-');
  write(join(results, 'history', area, `${at}-${name}.json`), { figures, rounds });
}

function write(file: string, value: unknown): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
