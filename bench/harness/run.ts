// npm run bench [-- words…] [--rounds N] [--dry]: runs the benches that match, prints each figure with its interval, keeps the results.
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type FoundBench, findBenches } from './benches.ts';
import { pinned, quietCore } from './cores.ts';
import type { FigureResult, Reading } from './figure.ts';
import { isMet, measure, round4 } from './judge.ts';
import { commit, machine, versions } from './machine.ts';
import { figureLine } from './print.ts';
import { keep } from './results.ts';
import { median } from './statistics.ts';

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' }, dry: { type: 'boolean' } } });
const defaultRounds = 15;
const fewestRounds = 11;

/** A side in its process. Any message that is not the one asked for, or its end, fails the run. */
class RunningSide {
  readonly #child: ChildProcess;
  readonly name: string;

  constructor({ path, bench }: FoundBench, name: string) {
    this.name = name;
    const args = ['--conditions=millrace-source', '--expose-gc', new URL('./side.ts', import.meta.url).pathname, path, name];
    const [command, all] = bench.pinned === false ? [process.execPath, args] : pinned(quietCore, process.execPath, args);
    this.#child = spawn(command, all, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  async ready(): Promise<void> {
    await this.#answer();
  }

  async round(): Promise<Reading> {
    const answer = this.#answer();
    this.#child.send('round');
    return ((await answer) as { reading: Reading }).reading;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve();
      this.#child.once('exit', () => resolve());
      this.#child.send('stop');
    });
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the process of side ${this.name} ended with ${code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message);
      });
    });
  }
}

/** One after the other in every round; the next round runs them in the opposite order. */
async function runRounds(sides: readonly RunningSide[], rounds: number): Promise<Record<string, Reading[]>> {
  const readings: Record<string, Reading[]> = Object.fromEntries(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) for (const side of round % 2 === 0 ? sides : [...sides].reverse()) readings[side.name]?.push(await side.round());
  return readings;
}

async function runBench(found: FoundBench): Promise<FigureResult[]> {
  const { bench, file, path } = found;
  const rounds = Number(flags.rounds ?? bench.rounds ?? defaultRounds);
  const sides = [];
  try {
    for (const name of Object.keys(bench.sides)) {
      const side = new RunningSide(found, name);
      sides.push(side);
      await side.ready(); // one after the other: warming up side by side would share the core
    }
    const readings = await runRounds(sides, rounds);
    const common = {
      file,
      ...(bench.setting === undefined ? {} : { setting: bench.setting }),
      at: new Date().toISOString(),
      commit: commit(path),
      machine: machine(),
      versions: { ...versions(bench.packages ?? [], path), ...(await bench.versions?.()) },
      sides: Object.fromEntries(Object.entries(readings).map(([name, all]) => [name, medians(all)])),
    };
    const results = bench.figures.map((figure) => {
      const measured = measure(figure, readings);
      return { ...figure, measured, met: isMet(figure.goal, measured), ...common };
    });
    const isKept = flags.dry !== true && rounds >= fewestRounds;
    if (isKept) keep(bench.area, basename(file, '.bench.ts'), results, readings);
    else console.log(`not kept: ${flags.dry ? 'a dry run' : `${rounds} rounds, ${fewestRounds} are the fewest`}`);
    return results;
  } finally {
    for (const side of sides) await side.stop();
  }
}

const medians = (readings: readonly Reading[]): Reading =>
  Object.fromEntries(Object.keys(readings[0] ?? {}).map((metric) => [metric, round4(median(readings.map((one) => one[metric] as number)))]));

const benches = await findBenches(positionals);
if (benches.length === 0) throw new Error(`no bench matches ${positionals.join(' ')}`);
for (const found of benches) {
  console.log(`\n${found.file}${found.bench.setting ? ` (${found.bench.setting})` : ''}`);
  for (const result of await runBench(found)) console.log(figureLine(result));
}
