// One side of a bench in its own process: what the other side's code taught the compiler does not reach it. Speaks with run.ts over IPC,
// and closes what it started when run.ts is gone.
import { pathToFileURL } from 'node:url';
import type { Bench, MicroSide, Reading, Side } from './figure.ts';

const warmUpSamples = 8;

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

async function sample({ run }: MicroSide, count: number): Promise<{ tookMs: number; reading: Reading }> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const pending = run(count);
  if (pending !== undefined) await pending;
  const tookMs = performance.now() - startedMs;
  return { tookMs, reading: { nsPerOp: (tookMs * 1e6) / count, opsPerSecond: (count * 1000) / tookMs, cpuNsPerOp: (cpuMs(cpu) * 1e6) / count } };
}

/** Doubles the count until one sample lasts `sampleMs`, then runs a few more: the compiler is done before anything is kept. */
async function calibrated(side: MicroSide, sampleMs: number): Promise<number> {
  let count = 16;
  for (let tookMs = 0; tookMs < sampleMs / 2; count *= 2) ({ tookMs } = await sample(side, count));
  for (let warm = 0; warm < warmUpSamples; warm++) {
    const { tookMs } = await sample(side, count);
    count = Math.max(1, Math.round((count * sampleMs) / Math.max(tookMs, 0.001)));
  }
  return count;
}

async function roundOf(side: Side, sampleMs: number): Promise<() => Promise<Reading>> {
  if ('round' in side) return side.round;
  const count = await calibrated(side, sampleMs);
  return async () => (await sample(side, count)).reading;
}

/** The next question, or undefined once nobody is there to ask. */
function nextQuestion(): Promise<string | undefined> {
  if (!process.connected) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (message?: string): void => {
      process.off('message', settle).off('disconnect', settle);
      resolve(message);
    };
    process.on('message', settle).on('disconnect', settle);
  });
}

const [file, name] = process.argv.slice(2) as [string, string];
const { bench } = (await import(pathToFileURL(file).href)) as { bench: Bench };
const factory = bench.sides[name];
if (!factory) throw new Error(`${file} has no side ${name}`);
const side = await factory();
const round = await roundOf(side, bench.sampleMs ?? 60);
process.send?.({ ready: true });
while ((await nextQuestion()) === 'round') {
  const reading = await round();
  if (process.connected) process.send?.({ reading });
}
await side.close?.();
process.exit(0);
