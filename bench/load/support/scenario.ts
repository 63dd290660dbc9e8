import type { LoadSide, Reading, SideFactory } from '../../harness/figure.ts';
import { PinnedProcess, type Surroundings } from './process.ts';
import type { RetailData } from './retail.ts';
import { wrk, wrkVersion } from './wrk.ts';

export interface Scenario {
  /** Lines of sales in the database; 0 = as the file has them. */
  readonly lines: number;
  readonly connections: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly pathsOf: (data: RetailData) => readonly string[];
}

/** `bare`: Node's own server with one fixed answer, the floor of the machine. */
type Kind = 'layer' | 'pg' | 'bare';

const serverCore = 0;
const otherCore = 1;
const here = (file: string): URL => new URL(file, import.meta.url);

const client = wrkVersion === undefined ? "a client of the bench's own" : wrkVersion;
export const cores = `server on core 0; client (${client}) and PostgreSQL on core 1; a new server process for every sample`;

/** A side: PostgreSQL with the same data and indexes as the other side has, kept for all rounds; a new server and a new client in every round. */
export const sideOf =
  (kind: Kind, scenario: Scenario, surroundings: Surroundings = {}): SideFactory =>
  async (): Promise<LoadSide> => {
    const postgres = new PinnedProcess<RetailData>(otherCore, here('./postgres.ts'), [String(scenario.lines)]);
    const data = await postgres.ready;
    const paths = scenario.pathsOf(data);
    return { round: () => sample(kind, scenario, data.url, paths, surroundings), close: () => postgres.stop() };
  };

async function sample(
  kind: Kind,
  { connections, warmSeconds, seconds }: Scenario,
  url: string,
  paths: readonly string[],
  surroundings: Surroundings,
): Promise<Reading> {
  const server = new PinnedProcess<{ port: number }>(serverCore, here('./server.ts'), [kind, url], undefined, surroundings);
  const { port } = await server.ready;
  if (wrkVersion !== undefined) return sampleByWrk(server, port, { connections, warmSeconds, seconds }, paths);
  const args = [port, connections, warmSeconds, seconds].map(String);
  const client = new PinnedProcess<'measuring'>(otherCore, here('./client.ts'), args, paths);
  try {
    await client.ready;
    const before = await server.ask<{ cpuUs: number }>('cpu');
    const { requests, ...reading } = await client.ask<Reading & { requests: number }>('result');
    const after = await server.ask<{ cpuUs: number }>('cpu');
    return { ...reading, cpuUsPerRequest: (after.cpuUs - before.cpuUs) / requests };
  } finally {
    await client.stop();
    await server.stop();
  }
}

async function sampleByWrk(
  server: PinnedProcess<{ port: number }>,
  port: number,
  { connections, warmSeconds, seconds }: Pick<Scenario, 'connections' | 'warmSeconds' | 'seconds'>,
  paths: readonly string[],
): Promise<Reading> {
  try {
    await wrk(otherCore, port, connections, Math.max(1, Math.round(warmSeconds)), paths);
    const before = await server.ask<{ cpuUs: number }>('cpu');
    const { requests, ...reading } = await wrk(otherCore, port, connections, Math.max(1, Math.round(seconds)), paths);
    const after = await server.ask<{ cpuUs: number }>('cpu');
    return { ...reading, cpuUsPerRequest: (after.cpuUs - before.cpuUs) / requests };
  } finally {
    await server.stop();
  }
}
