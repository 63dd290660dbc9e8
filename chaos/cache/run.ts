import type { StalenessReport } from 'millrace/testing';
import { type Fault, faults } from './faults.ts';
import { type FailedRead, Ledger } from './ledger.ts';
import { items, nowMs, pause, seeded, shelfOf, shelves } from './protocol.ts';
import { type Member, Scene } from './scene.ts';

/** No answer may be older than this, whatever goes wrong. */
const boundMs = 5000;
const members = 4;
const settleMs = 3000;
/** A process whose database is away may fail for so long after it is back: connections are opened anew. */
const excusedAfterMs = 3000;

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
}

interface Episode {
  readonly fault: string;
  readonly member: string;
  readonly takesDatabase: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ChaosResult {
  readonly seed: number;
  readonly seconds: number;
  readonly reads: number;
  readonly writes: number;
  readonly episodes: number;
  /** How often each fault fired. */
  readonly fired: Readonly<Record<string, number>>;
  readonly readsDuringFaults: number;
  readonly boundMs: number;
  readonly pastBound: number;
  readonly worstMs: number;
  readonly examples: StalenessReport['violations'];
  /** Reads answered, of those asked while the database was within reach, in percent. */
  readonly usefulPercent: number;
  /** What all failed reads and writes failed with. */
  readonly failures: Readonly<{ reads: Readonly<Record<string, number>>; writes: Readonly<Record<string, number>> }>;
  /** The failed reads that nothing excuses, grouped by process, by what they failed with and by the second; the first few. */
  readonly unexcused: readonly string[];
  readonly tiers: Readonly<Record<string, number>>;
  /** Answers past the bound that a process without the change feed gave: the planted bug. */
  readonly planted: { readonly bug: string; readonly found: number };
}

/** Writes as psql does: past the layer, row after row, the shelves that no process owns. */
function writeForeign(scene: Scene, ledger: Ledger, random: () => number): () => Promise<void> {
  const owned = new Set(Array.from({ length: members }, (_, number) => Math.floor(((number + 1) * shelves) / members) - 1));
  const foreign = Array.from({ length: items }, (_, at) => at + 1).filter((id) => !owned.has(shelfOf(id)));
  let isStopping = false;
  const writing = (async () => {
    while (!isStopping) {
      const id = foreign[Math.floor(random() ** 2 * foreign.length)] as number;
      const update = 'update chaos.items set version = version + 1 where id = $1 returning version';
      // A session of its own may be terminated too. Whether that write was done is then not known, and it is not judged.
      const [row] = await scene.psql.query<{ version: number }>(update, [id]).catch(() => []);
      if (row) ledger.wrote([id, row.version, nowMs()]);
      await pause(2 + random() * 10);
    }
  })();
  return async () => {
    isStopping = true;
    await writing;
  };
}

/** The plan of one lane: one fault after the other, until the time is over. */
async function runLane(lane: Fault['lane'], scene: Scene, random: () => number, untilMs: number, episodes: Episode[]): Promise<void> {
  const mine = faults.filter((fault) => fault.lane === lane);
  for (let turn = 0; ; turn++) {
    await pause(200 + random() * 900);
    // Each kind once before any comes twice.
    const fault = mine[turn < mine.length ? turn : Math.floor(random() * mine.length)] as Fault;
    const member = scene.members[Math.floor(random() * scene.members.length)] as Member;
    const [shortest, longest] = fault.lastsMs;
    const lastsMs = shortest + random() ** 2 * (longest - shortest);
    if (nowMs() + lastsMs > untilMs) return;
    const fromMs = nowMs();
    await fault.begin(scene, member);
    await pause(lastsMs);
    await fault.end(scene, member);
    const isOfAll = fault.name === 'all backends terminated';
    episodes.push({ fault: fault.name, member: isOfAll ? '*' : member.name, takesDatabase: fault.takesDatabase, fromMs, toMs: nowMs() });
  }
}

/** The planted bug: a process that does not hear of committed rows. It must be found, or the judge is blind. */
async function plant(scene: Scene): Promise<number> {
  const ledger = new Ledger();
  const stopWriting = writeForeign(scene, ledger, seeded(7));
  const deaf = await scene.join('deaf to the database', (member, report) => ledger.take(member.name, report));
  await pause(boundMs + 2500);
  await stopWriting();
  await deaf.stop();
  scene.members.pop();
  await deaf.database.stop();
  await deaf.redis.stop();
  return ledger.judge(boundMs).violations.length;
}

/** A fleet under faults for so many seconds; every answer is judged. */
export async function runCacheChaos({ seed, seconds }: ChaosOptions): Promise<ChaosResult> {
  const scene = await Scene.open();
  try {
    const found = await plant(scene);
    const ledger = new Ledger();
    for (const [id, version] of await versionsOf(scene)) ledger.knownBefore(id, version);
    for (let number = 0; number < members; number++) await scene.join('none', (member, report) => ledger.take(member.name, report));
    const stopWriting = writeForeign(scene, ledger, seeded(seed));
    const episodes: Episode[] = [];
    const untilMs = nowMs() + seconds * 1000;
    const lanes = (['redis', 'database', 'process'] as const).map((lane, at) => runLane(lane, scene, seeded(seed * 10 + at), untilMs, episodes));
    await allEnded(lanes);
    await pause(settleMs);
    await stopWriting();
    for (const member of scene.members) await member.stop();
    return resultOf({ seed, seconds }, ledger, episodes, found);
  } finally {
    await scene.close();
  }
}

/** When one lane fails the others are ended first: a process that one of them starts anew must not meet a scene that is being taken down. */
async function allEnded(lanes: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
}

async function versionsOf({ psql }: Scene): Promise<readonly (readonly [number, number])[]> {
  const rows = await psql.query<{ id: number; version: number }>('select id, version from chaos.items');
  return rows.map(({ id, version }) => [id, version] as const);
}

function resultOf(options: ChaosOptions, ledger: Ledger, episodes: readonly Episode[], found: number): ChaosResult {
  const report = ledger.judge(boundMs);
  const isExcused = (reader: string, startMs: number): boolean =>
    episodes.some(
      ({ takesDatabase, member, fromMs, toMs }) =>
        takesDatabase && (member === reader || member === '*') && startMs > fromMs - excusedAfterMs && startMs < toMs + excusedAfterMs,
    );
  const failed = ledger.failed(isExcused);
  const fired: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]));
  for (const { fault } of episodes) fired[fault] = (fired[fault] ?? 0) + 1;
  return {
    ...options,
    ...{ reads: ledger.reads, writes: ledger.writes, episodes: episodes.length, fired, boundMs },
    readsDuringFaults: ledger.during((startMs) => episodes.some(({ fromMs, toMs }) => startMs >= fromMs && startMs <= toMs)),
    ...{ pastBound: report.violations.length, worstMs: Math.round(report.worstMs), examples: report.violations.slice(0, 5) },
    usefulPercent: Math.round((1 - failed.unexcused.length / Math.max(1, failed.asked)) * 1e6) / 1e4,
    ...{ failures: { reads: failed.byFailure, writes: ledger.failures }, unexcused: grouped(failed.unexcused, episodes), tiers: ledger.tiers },
    planted: { bug: 'a process that does not hear of committed rows', found },
  };
}

/** Which process failed with what, in which second, and what was going on: where to look first. */
function grouped(failed: readonly FailedRead[], episodes: readonly Episode[]): readonly string[] {
  const firstMs = Math.min(...episodes.map(({ fromMs }) => fromMs));
  const second = (ms: number): number => Math.round((ms - firstMs) / 100) / 10;
  const groups = Map.groupBy(failed, ({ reader, failure, startMs }) => `${reader} ${failure} at ${Math.floor(second(startMs))} s`);
  return [...groups].slice(0, 12).map(([group, reads]) => {
    const startMs = reads[0]!.startMs;
    const around = episodes.filter(({ fromMs, toMs }) => startMs > fromMs - 1000 && startMs < toMs + 6000);
    const told = around.map(({ fault, member, fromMs, toMs }) => `${fault} (${member}, ${second(fromMs)}-${second(toMs)} s)`);
    return `${reads.length} × ${group} (first at ${second(startMs)} s): ${told.join(', ')}`;
  });
}
