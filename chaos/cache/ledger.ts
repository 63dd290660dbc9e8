import { StalenessChecker, type StalenessReport } from 'millrace/testing';
import { items, type ProcessReport, type ReadRecord, shelfOf, shelves, type WriteRecord } from './protocol.ts';

export interface FailedRead {
  readonly reader: string;
  readonly key: string;
  readonly startMs: number;
  readonly failure: string;
}

export interface FailedReads {
  readonly byFailure: Readonly<Record<string, number>>;
  readonly unexcused: readonly FailedRead[];
  readonly asked: number;
}

/** Everything that was read and written, judged when the run is over: a read may be told before the write it has seen. */
export class Ledger {
  readonly #reads: { readonly reader: string; readonly record: ReadRecord }[] = [];
  readonly #writes: WriteRecord[] = [];
  readonly #before: Map<number, number> = new Map();
  readonly failures: Record<string, number> = {};
  readonly tiers: Record<string, number> = {};

  take(reader: string, report: ProcessReport): void {
    for (const record of report.reads) this.#reads.push({ reader, record });
    for (const record of report.writes) this.wrote(record);
    for (const [label, count] of Object.entries(report.failures)) this.failures[label] = (this.failures[label] ?? 0) + count;
    for (const [label, count] of Object.entries(report.tiers)) this.tiers[label] = (this.tiers[label] ?? 0) + count;
  }

  /** The version of a row when the run began. */
  knownBefore(item: number, version: number): void {
    this.#before.set(item, version);
  }

  /** A commit that is visible since. */
  wrote(record: WriteRecord): void {
    this.#writes.push(record);
  }

  get reads(): number {
    return this.#reads.length;
  }

  get writes(): number {
    return this.#writes.length;
  }

  /** Reads that failed: all by what they failed with, and each of those asked while the database was within reach for that process. */
  failed(isExcused: (reader: string, startMs: number) => boolean): FailedReads {
    const [byFailure, unexcused]: [Record<string, number>, FailedRead[]] = [{}, []];
    let asked = 0;
    for (const { reader, record } of this.#reads) {
      const [key, version, startMs, , failure = ''] = record;
      const excused = isExcused(reader, startMs);
      if (!excused) asked++;
      if (version >= 0) continue;
      byFailure[failure] = (byFailure[failure] ?? 0) + 1;
      if (!excused) unexcused.push({ reader, key, startMs, failure });
    }
    return { byFailure, unexcused, asked };
  }

  /** How many reads began while a fault lasted. */
  during(isDuring: (startMs: number) => boolean): number {
    return this.#reads.filter(({ record }) => isDuring(record[2])).length;
  }

  judge(boundMs: number): StalenessReport {
    const checker = new StalenessChecker();
    this.#tellVersions(checker);
    for (const { reader, record } of this.#reads) {
      const [key, version, startMs, floor] = record;
      if (version >= 0) checker.judge({ reader, key, version, startMs }, boundMs, floor);
    }
    return checker.report();
  }

  /** A commit whose outcome its writer never heard has no time of its own: its row counts from the next one on. */
  #tellVersions(checker: StalenessChecker): void {
    const versions = new Map(Array.from({ length: items }, (_, at) => [at + 1, this.#before.get(at + 1) ?? 1]));
    const sums = new Array<number>(shelves).fill(0);
    for (const [id, version] of versions) sums[shelfOf(id)]! += version;
    for (const [id, version, atMs] of this.#writes.toSorted(([, , a], [, , b]) => a - b)) {
      const shelf = shelfOf(id);
      checker.becameVisible(`item:${id}`, version, atMs);
      sums[shelf] = (sums[shelf] as number) + Math.max(0, version - (versions.get(id) as number));
      versions.set(id, Math.max(version, versions.get(id) as number));
      checker.becameVisible(`shelf:${shelf}`, sums[shelf] as number, atMs);
    }
  }
}
