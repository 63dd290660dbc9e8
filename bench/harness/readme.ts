import type { FigureResult } from './figure.ts';
import { goalWords, short, withUnit } from './print.ts';

const start = '<!-- figures -->';
const end = '<!-- /figures -->';

/** The figures with a goal as a table, the losses named below it, machine and date in the caption. */
export function readmeTable(all: readonly FigureResult[]): string {
  const figures = all.filter(({ goal }) => goal !== undefined);
  if (figures.length === 0) return 'No figure has been measured yet.\n';
  const rows = figures.map(
    ({ question, measured, metric, ours, peer, goal, file }) =>
      `| ${question} | ${withUnit(measured.peer, metric)} (${peer}) | ${withUnit(measured.ours, metric)} (${ours}) | ${short(measured.ratio)}× [${short(measured.ratioLow)}, ${short(measured.ratioHigh)}] | ${goalWords(goal, metric)} | \`npm run bench -- ${file.replace('.bench.ts', '')}\` |`,
  );
  const losses = figures
    .filter(({ met }) => met === false)
    .map(({ question, measured, goal, metric }) => `${question} ${short(measured.ratio)}× (asked: ${goalWords(goal, metric)})`);
  return [
    '| question | against | Millrace | ratio, 95 % interval | asked | repeat with |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `Goals missed: ${losses.length === 0 ? 'none of these.' : `${losses.join('; ')}.`}`,
    '',
    `${caption(figures)} Both sides of a row ran in one run, in turns; the ratio is the median over the rounds.`,
    '',
  ].join('\n');
}

function caption(figures: readonly FigureResult[]): string {
  const days = figures.map(({ at }) => at.slice(0, 10)).sort();
  const machines = new Set(
    figures.map(({ machine, versions }) => `${machine['cpu']}, ${machine['cores']} cores, ${machine['memory']}, Node ${versions['node']}`),
  );
  const span = days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`;
  return `Measured ${span} on ${[...machines].join('; ')}.`;
}

/** Puts the table between the markers; a page without them is a mistake. */
export function replaceBetweenMarkers(page: string, table: string): string {
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no lines "${start}" and "${end}"`);
  return `${page.slice(0, from + start.length)}\n\n${table}\n${page.slice(to)}`;
}
