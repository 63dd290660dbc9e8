// npm run chaos -- cache [--seconds 60] [--seed 1] [--keep]: a real fleet under real faults. `--keep` writes the result into bench/results/chaos.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ChaosResult, runCacheChaos } from './cache/run.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } },
});
const scenarios: Readonly<Record<string, (options: { readonly seed: number; readonly seconds: number }) => Promise<ChaosResult>>> = { cache: runCacheChaos };

const name = positionals[0] ?? 'cache';
const run = scenarios[name];
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!run || !(seconds >= 10) || !Number.isInteger(seed)) {
  console.error(`usage: npm run chaos -- ${Object.keys(scenarios).join('|')} [--seconds 10 or more] [--seed a whole number] [--keep]`);
  process.exit(2);
}

const result = await run({ seed, seconds });
tell(result);
if (values.keep) keep(result);
process.exitCode = isProof(result) ? 0 : 1;

/** Nothing past the bound counts only where faults fired and the planted bug was found. */
function isProof({ pastBound, planted, fired, usefulPercent }: ChaosResult): boolean {
  const unfired = Object.entries(fired).filter(([, times]) => times === 0);
  if (unfired.length > 0) console.log(`never fired: ${unfired.map(([fault]) => fault).join(', ')}`);
  return pastBound === 0 && planted.found > 0 && unfired.length === 0 && usefulPercent >= 99.95;
}

function tell(told: ChaosResult): void {
  const { reads, readsDuringFaults, writes, episodes, pastBound, worstMs, usefulPercent, failures, planted } = told;
  console.log(`seed ${told.seed}, ${told.seconds} s, 4 processes`);
  for (const [fault, times] of Object.entries(told.fired)) console.log(`${String(times).padStart(6)} × ${fault}`);
  console.log(`${episodes} fault episodes; ${writes} writes; ${reads} reads judged, ${readsDuringFaults} of them begun during a fault`);
  console.log(
    `answered from: ${Object.entries(told.tiers)
      .map(([tier, count]) => `${tier} ${count}`)
      .join(', ')}`,
  );
  console.log(`${pastBound} past the bound of ${told.boundMs} ms; the oldest answer was ${worstMs} ms behind`);
  for (const one of told.examples) console.log(`  ${JSON.stringify(one)}`);
  console.log(`${usefulPercent} % answered while the database was within reach; failed in all: ${JSON.stringify(failures)}`);
  for (const one of told.unexcused) console.log(`  ${one}`);
  console.log(`planted: ${planted.bug}: ${planted.found > 0 ? `found, ${planted.found} answers past the bound` : 'NOT FOUND'}`);
}

function keep(kept: ChaosResult): void {
  const folder = join(import.meta.dirname, '../bench/results/chaos');
  mkdirSync(folder, { recursive: true });
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ at: new Date().toISOString(), commit, ...kept }, undefined, 2)}\n`);
}
