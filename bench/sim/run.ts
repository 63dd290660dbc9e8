/**
 * `npm run sim -- --seeds 10000 --from 1`: lives of a fleet on a virtual world, judged. Exits 1 when one of them goes wrong or a planted bug is not found.
 * `--journal` prints what happened in each life, step by step; `--keep` writes the result into `results/sim/cache.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPlantedBugs, liveFleet, problemsOf, simulateFleets } from '../../packages/millrace/src/testing/index.ts';
import { commit, machine } from '../harness/machine.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1000' },
    journal: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const [from, count] = [Number(values.from), Number(values.seeds)];
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || from < 0 || count < 1)
  throw new RangeError('--from and --seeds are whole numbers, 0 and 1 at least');

const toldEvery = 1000;

if (values.journal) await tell();
else await judge();

async function tell(): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    const life = await liveFleet({ seed, journal: true });
    console.log(life.journal.join('\n'));
    console.log(`seed ${seed}: ${life.reads} reads, trace ${life.trace}`);
    for (const problem of problemsOf(life)) console.log(`WRONG: ${problem}`);
    if (problemsOf(life).length > 0) process.exitCode = 1;
  }
}

async function judge(): Promise<void> {
  const startedMs = performance.now();
  const report = await simulateFleets({
    from,
    count,
    onLife(done, failed) {
      if (failed) console.log(`seed ${failed.seed}: ${failed.problems[0]}\n  again: ${failed.replay}`);
      if (done % toldEvery === 0) console.log(`${done} of ${count} lives`);
    },
  });
  const bugs = await findPlantedBugs(200);
  const result = { ...report, plantedBugs: Object.fromEntries(bugs.map(({ name, foundAt }) => [name, foundAt ?? null])) };
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(result, `${seconds} s`);
  const missed = bugs.filter(({ foundAt }) => foundAt === undefined);
  for (const { name } of missed) console.log(`NOT FOUND within 200 lives: ${name}`);
  if (result.failed.length > 0 || missed.length > 0) process.exitCode = 1;
  if (values.keep) keep({ at: new Date().toISOString(), commit: commit(import.meta.filename), machine: machine(), seconds, ...result });
}

function keep(result: object): void {
  const folder = join(import.meta.dirname, '..', 'results', 'sim');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'cache.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log('kept in bench/results/sim/cache.json');
}
