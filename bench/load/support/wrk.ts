// The client wrk where the machine has it (apt-get install wrk): a closed loop in C, so that the client's core is not what is measured.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `wrk 4.1.0`, or undefined where there is none. */
export const wrkVersion: string | undefined = (() => {
  const { stdout, error } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  return error ? undefined : /wrk \S+/.exec(stdout)?.[0];
})();

export interface WrkReading {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Asks for the paths one after the other, over and over, from `core`. Any answer but 2xx fails the run: a fast failure is no throughput. */
export async function wrk(core: number, port: number, connections: number, seconds: number, paths: readonly string[]): Promise<WrkReading> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-wrk-'));
  const [script, list] = [join(folder, 'paths.lua'), join(folder, 'paths.txt')];
  writeFileSync(list, `${paths.join('\n')}\n`);
  writeFileSync(script, scriptFor(list));
  try {
    const args = ['-c', String(core), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${port}`];
    const { stdout } = await run('taskset', args, { encoding: 'utf8' });
    return read(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const scriptFor = (list: string): string => `local requests, at = {}, 0
function init(args)
  for path in io.lines(${JSON.stringify(list)}) do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;

function read(text: string): WrkReading {
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(text);
  if (failed) throw new Error(`wrk: ${failed[0]}`);
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  return {
    requests: number(/(\d+) requests in/),
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    meanMs: ms(/Latency\s+(\S+)/.exec(text)?.[1]),
    p50Ms: ms(/^\s+50%\s+(\S+)/m.exec(text)?.[1]),
    p99Ms: ms(/^\s+99%\s+(\S+)/m.exec(text)?.[1]),
  };
}

function ms(text: string | undefined): number {
  const [, digits, unit] = /^([\d.]+)(us|ms|s)$/.exec(text ?? '') ?? [];
  return Number(digits) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? Number.NaN);
}
