// npm run bench:report [-- words…] [--readme]: `id | goal | measured | met` from the committed results. Exit 1 where a goal is missed or was never measured.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchRoot, findBenches } from './benches.ts';
import type { Figure, FigureResult } from './figure.ts';
import { isMet } from './judge.ts';
import { figureLine, unmeasuredLine } from './print.ts';
import { readmeTable, replaceBetweenMarkers } from './readme.ts';
import { readArea } from './results.ts';

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { readme: { type: 'boolean' } } });

const benches = await findBenches(positionals);
const measured: FigureResult[] = [];
const missing: Figure[] = [];
for (const { bench } of benches) {
  const kept = readArea(bench.area);
  for (const figure of bench.figures) {
    const one = kept[figure.id];
    // The goal is the one that stands in the bench today, not the one of the day it was measured.
    if (one) measured.push({ ...one, ...figure, met: isMet(figure.goal, one.measured) });
    else missing.push(figure);
  }
}

if (flags.readme) {
  const file = join(benchRoot, '../README.md');
  writeFileSync(file, replaceBetweenMarkers(readFileSync(file, 'utf8'), readmeTable(measured)));
} else {
  console.log('id | goal | measured | met');
  for (const one of measured) console.log(figureLine(one));
  for (const one of missing) console.log(unmeasuredLine(one));
  process.exitCode = measured.some(({ met }) => met === false) || missing.some(({ goal }) => goal !== undefined) ? 1 : 0;
}
