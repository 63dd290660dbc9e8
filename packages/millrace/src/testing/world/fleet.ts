import type { Random } from '../../kernel/index.ts';
import { seededRandom } from '../test-system.ts';
import { breaks, type FaultyFleet, type FleetFault, fleetFaults } from './fleet-faults.ts';
import { FleetMember, groupKey, groupTag, table } from './fleet-member.ts';
import { type FleetParts, type FleetShape, FleetWorld, hosts } from './fleet-world.ts';
import { FillJudge, type LateFill } from './late-fills.ts';
import { StalenessChecker, type StaleRead } from './staleness.ts';
import { Trace } from './trace.ts';
import type { WorldChange, WorldRow } from './world-store.ts';

/*
 * The life of a fleet: processes with real caches on a virtual world, readers and writers in them and past them, faults at all their seams, and the judge who
 * knows what was visible when. The plan of a life comes from its seed alone: the same seed is the same life, in the same order, to the last message.
 */

export interface FleetOptions {
  readonly seed: number;
  readonly parts?: FleetParts | undefined;
  /** Faults of a life at most; 0 for a calm one. @default 7 */
  readonly mostFaults?: number | undefined;
  /** What may break. @default all of `fleetFaults` */
  readonly faults?: readonly FleetFault[] | undefined;
  /** Keep what happened as text, to be read. @default false */
  readonly journal?: boolean | undefined;
}

export interface FleetReport {
  readonly seed: number;
  readonly reads: number;
  /** Reads of an old version, within the bound or not. */
  readonly old: number;
  /** Reads that began while something was broken. */
  readonly overlapping: number;
  /** Answers that said themselves they are past their time, as their declaration allows when loading fails: not judged. */
  readonly declaredStale: number;
  readonly failedReads: number;
  readonly writes: number;
  readonly worstMs: number;
  /** Every age above zero, ms. */
  readonly agesMs: readonly number[];
  readonly faults: Readonly<Record<FleetFault, number>>;
  readonly lateCommits: number;
  readonly refusedFills: number;
  readonly violations: readonly StaleRead[];
  readonly lateFills: readonly LateFill[];
  /** The same for the same life, and for no other. */
  readonly trace: string;
  readonly journal: readonly string[];
}

/** Nothing may be given that was outdated for longer. */
export const fleetBoundMs = 5000;

const times = { readyMs: 500, faultsFromMs: 800, faultsToMs: 8000, calmMs: 10_500, sweepMs: 16_000, endMs: 16_500 };
const counts = { items: 12, groups: 3, reads: 90, writes: 20 };
const longestFaultMs = 8000;

/** Lives one life and tells what was seen in it. */
export async function liveFleet(options: FleetOptions): Promise<FleetReport> {
  return new Fleet(options).live();
}

class Fleet implements FaultyFleet {
  readonly world: FleetWorld;
  /** Chance of the plan, apart from that of the world: a life with another part in it has the same plan. */
  readonly random: Random;
  /** By their place; who is killed is followed by another in the same place. */
  readonly members: FleetMember[] = [];
  readonly #options: FleetOptions;
  readonly #judge: StalenessChecker = new StalenessChecker();
  readonly #fills: FillJudge;
  readonly #trace: Trace;
  readonly #faults: Record<FleetFault, number> = noFaults();
  /** Keys that a process is writing: whoever sets a row must be the only one who writes it. */
  readonly #busy: Set<string> = new Set();
  readonly #counts = { overlapping: 0, declaredStale: 0, failedReads: 0, writes: 0, incarnations: 0, broken: 0 };

  constructor(options: FleetOptions) {
    this.#options = options;
    this.random = seededRandom(options.seed ^ 0x5bd1e995);
    this.world = new FleetWorld(options.seed, options.parts ?? {}, shapeOf(this.random));
    this.#trace = new Trace(this.world.clock, options.journal ?? false);
    this.#fills = this.#judgeFills();
    this.world.store.onVisible(({ key, after }, atMs) => {
      this.#judge.becameVisible(key, after.version, atMs);
      this.#trace.note(() => `visible ${key}=${after.version}`);
    });
  }

  async live(): Promise<FleetReport> {
    const { clock } = this.world;
    this.#found();
    for (let slot = 0; slot < this.world.shape.processes; slot++) this.#begin(slot);
    await clock.run(times.readyMs);
    this.#plan();
    await clock.run(times.endMs - times.readyMs);
    for (const member of this.members) void member.stop();
    await clock.run(1000);
    return this.#report();
  }

  pick(): FleetMember | undefined {
    const working = this.members.filter(({ isReady, process }) => isReady && !process.isFrozen);
    return working[Math.floor(this.random.next() * working.length)];
  }

  kill(member: FleetMember): void {
    member.kill();
    const slot = this.members.indexOf(member);
    this.world.clock.after(100 + this.random.next() * 3000, () => this.#begin(slot));
  }

  restart(member: FleetMember): void {
    const slot = this.members.indexOf(member);
    member.isReady = false;
    void member.stop().then(() => {
      member.kill();
      this.world.clock.after(100 + this.random.next() * 1000, () => this.#begin(slot));
    });
  }

  /** The rows as they are in the beginning. Two are not there yet. */
  #found(): void {
    for (let at = 0; at < counts.items - 2; at++) void this.#commit([itemKey(at)], (key) => ({ key, group: this.#group() }));
  }

  #begin(slot: number): void {
    const member = new FleetMember(this.world, `p${slot}.${++this.#counts.incarnations}`, slot % hosts);
    this.members[slot] = member;
    void member.start();
  }

  #plan(): void {
    const at = (fromMs: number, toMs: number, task: () => void): unknown =>
      this.world.clock.after(fromMs + this.random.next() * (toMs - fromMs) - times.readyMs, task);
    for (let read = 0; read < counts.reads; read++) at(times.readyMs, times.calmMs + 1500, () => this.#readSomewhere());
    for (let write = 0; write < counts.writes; write++) at(times.readyMs, times.calmMs - 500, () => this.#writeSomewhere());
    const faults = Math.round((this.#options.mostFaults ?? 7) * this.random.next());
    for (let fault = 0; fault < faults; fault++) at(times.faultsFromMs, times.faultsToMs, () => this.#break());
    at(times.sweepMs, times.sweepMs, () => this.#sweep());
  }

  /** Somebody writes and reads about that time: a fault that nobody notices proves nothing. Half of them do not come alone. */
  #break(): void {
    const { clock } = this.world;
    for (let write = 0; write < 3; write++) clock.after(this.random.next() * 500, () => this.#writeSomewhere());
    for (let read = 0; read < 10; read++) clock.after(this.random.next() * 800, () => this.#readSomewhere());
    clock.after(this.random.next() * 300, () => this.#breakNow());
    if (this.random.next() < 0.5) clock.after(100 + this.random.next() * 600, () => this.#breakNow());
  }

  #breakNow(): void {
    const kinds = this.#options.faults ?? fleetFaults;
    const kind = kinds[Math.floor(this.random.next() * kinds.length)] as FleetFault;
    const heal = breaks[kind](this);
    if (!heal) return;
    this.#faults[kind]++;
    this.#counts.broken++;
    this.#trace.note(() => `broken: ${kind}`);
    const stopped = this.members.filter(({ process }) => process.isFrozen);
    for (const member of stopped) for (let read = 0; read < 8; read++) this.#readSomewhere(this.#item(), this.#group(), member);
    const leftMs = times.calmMs - this.world.clock.monotonicMs();
    this.world.clock.after(Math.min(leftMs, this.random.next() * longestFaultMs), () => {
      this.#counts.broken--;
      this.#trace.note(() => `mended: ${kind}`);
      heal();
    });
  }

  // ---- reading ----

  #readSomewhere(item: string = this.#item(), group: string = this.#group(), member: FleetMember = this.#anybody()): void {
    const how = this.random.next();
    if (!member.isReady) return;
    member.process.receive('requests', () => {
      if (how < 0.35) void this.#read(member, [item], async () => [(await member.items.get(item))?.version]);
      else if (how < 0.5) this.#peek(member, item);
      else if (how < 0.65) void this.#readMany(member, item);
      else void this.#readGroup(member, group);
    });
  }

  #readMany(member: FleetMember, item: string): Promise<void> {
    const keys = [item, itemKey(0), itemKey(1)].filter((key, at, all) => all.indexOf(key) === at);
    return this.#read(member, keys, async () => (await member.items.getMany(keys)).map((row) => row?.version));
  }

  #readGroup(member: FleetMember, group: string): Promise<void> {
    return this.#read(member, [groupKey(group)], async () => {
      const { value, state } = await member.groups.getEntry(group);
      if (state !== 'stale') return [value?.version];
      this.#counts.declaredStale++;
      return [];
    });
  }

  #peek(member: FleetMember, item: string): void {
    const row = member.items.peek(item);
    if (row) void this.#read(member, [item], () => Promise.resolve([row.version]));
  }

  async #read({ process }: FleetMember, keys: readonly string[], ask: () => Promise<readonly (number | undefined)[]>): Promise<void> {
    const startMs = this.world.clock.monotonicMs();
    const floors = keys.map((key) => this.#judge.floorOf(process.name, key));
    if (this.#counts.broken > 0) this.#counts.overlapping++;
    try {
      const versions = await ask();
      for (const [at, key] of keys.entries()) {
        if (at < versions.length) this.#judgeOne(process.name, key, versions[at] ?? 0, startMs, floors[at] as number);
      }
    } catch {
      this.#counts.failedReads++;
    }
  }

  #judgeOne(reader: string, key: string, version: number, startMs: number, floor: number): void {
    this.#trace.note(() => `${reader} read ${key}=${version}, asked at ${startMs.toFixed(3)}`);
    this.#judge.judge({ reader, key, version, startMs }, fleetBoundMs, floor);
  }

  /** When everything works again and nobody has written for longer than the bound, everybody sees the newest. */
  #sweep(): void {
    for (const member of this.members) {
      void this.#read(member, allItems, async () => (await member.items.getMany(allItems)).map((row) => row?.version));
      for (const group of allGroups) void this.#readGroup(member, group);
    }
  }

  // ---- writing ----

  #writeSomewhere(first: string = this.#item()): void {
    const how = this.random.next();
    const keys = [first];
    // Once more while those who were told of it look: their loads are on the way when the next commit comes.
    if (this.random.next() < 0.4) this.world.clock.after(this.random.next() * 60, () => this.#writeSomewhere(first));
    if (this.random.next() < 0.2) keys.push(this.#item());
    const free = keys.filter((key, at) => !this.#busy.has(key) && keys.indexOf(key) === at);
    const member = this.#anybody();
    const group = this.random.next() < 0.5 ? this.#group() : undefined;
    this.#readAround(keys[0] as string, group);
    if (free.length === 0) return;
    this.#counts.writes++;
    const write = (key: string): { key: string; group: string } => ({ key, group: group ?? (this.world.store.read(key).group || this.#group()) });
    if (how < 0.5 || !member.isReady) void this.#commit(free, write);
    else member.process.receive('requests', () => void this.#writeThrough(member, free, write, how).catch(() => {}));
  }

  /** Whoever looks for a mistake reads where somebody writes: a moment before, meanwhile, and when the bound is over. */
  #readAround(item: string, group: string | undefined): void {
    const { clock } = this.world;
    for (let read = 0; read < 6; read++) clock.after(this.random.next() ** 2 * 60, () => this.#readSomewhere(item, group));
    for (let read = 0; read < 2; read++) clock.after(fleetBoundMs + this.random.next() * 1500, () => this.#readSomewhere(item, group));
  }

  /** A commit of whomever: the rows, and beside them the count of each group they touch. */
  async #commit(keys: readonly string[], write: (key: string) => { readonly key: string; readonly group: string }): Promise<readonly WorldChange[]> {
    const { store } = this.world;
    const rows = keys.map(write);
    const before = rows.map(({ key }) => store.newest(key).group);
    const groups = [...before, ...rows.map(({ group }) => group)].filter((group) => group !== '');
    const entries = [...rows.map(({ key, group }) => [key, group]), ...groups.map((group) => [groupKey(group), ''])];
    const xid = await store.commit(Object.fromEntries(entries) as Record<string, string>);
    return store.log.find((commit) => commit.xid === xid)?.changes ?? [];
  }

  /** A process writes and drops what it knows to be outdated; afterwards it must see its own write. */
  async #writeThrough(member: FleetMember, keys: readonly string[], write: (key: string) => { key: string; group: string }, how: number): Promise<void> {
    if (keys.some((key) => this.#busy.has(key))) return;
    for (const key of keys) this.#busy.add(key);
    try {
      const changes = await member.database.ask(() => this.#commit(keys, write));
      await this.#tell(member, changes, how >= 0.9 ? 'set' : how < 0.7 ? 'rows' : how < 0.8 ? 'tags' : 'ids');
      for (const { key, after } of changes) this.#judge.acknowledged(member.process.name, key, after.version);
      for (let read = 0; read < 5; read++) {
        this.world.clock.after(this.random.next() ** 2 * 1000, () => this.#readSomewhere(keys[0], changes[0]?.after.group, member));
      }
      this.#trace.note(() => `${member.process.name} has written ${changes.map(({ key, after }) => `${key}=${after.version}`).join(' ')}`);
    } finally {
      for (const key of keys) this.#busy.delete(key);
    }
  }

  async #tell({ cache, items, groups }: FleetMember, changes: readonly WorldChange[], how: 'rows' | 'tags' | 'ids' | 'set'): Promise<void> {
    const rows = itemsOf(changes).flatMap(({ before, after }) => [before, after]);
    if (how === 'rows') {
      await cache.invalidate({ table, rows });
      return;
    }
    await Promise.all(groupsOf(rows).map((group) => groups.invalidate(group)));
    if (how === 'tags') await Promise.all(groupsOf(rows).map((group) => cache.invalidate({ tag: groupTag(group) })));
    if (how === 'set') await Promise.all(itemsOf(changes).map(({ key, after }) => items.set(key, { id: key, version: after.version, group: after.group })));
    else await Promise.all(idsOf(rows).map((id) => items.invalidate(id)));
  }

  #anybody(): FleetMember {
    return this.members[Math.floor(this.random.next() * this.members.length)] as FleetMember;
  }

  #item(): string {
    return itemKey(Math.floor(this.random.next() ** 2 * counts.items));
  }

  #judgeFills(): FillJudge {
    const { store, shared } = this.world;
    const storeKeys = new Map([
      ...allItems.map((key): [string, string] => [`${table}:${key}`, key]),
      ...allGroups.map((group): [string, string] => [`groups:${group}`, groupKey(group)]),
    ]);
    const newestOf = (key: string): number => store.read(storeKeys.get(key) as string).version;
    const versionOf = (value: unknown): number => (value as { readonly version: number } | undefined)?.version ?? 0;
    const judge = new FillJudge({ keys: [...storeKeys.keys()], newestOf, versionOf });
    shared.watch = judge;
    return judge;
  }

  #group(): string {
    return `g${Math.floor(this.random.next() * counts.groups)}`;
  }

  #report(): FleetReport {
    const { store, shared, disks } = this.world;
    const { reads, old, worstMs, violations, agesMs } = this.#judge.report();
    const { overlapping, declaredStale, failedReads, writes } = this.#counts;
    return {
      ...{ seed: this.#options.seed, reads, old, overlapping, declaredStale, failedReads, writes, worstMs, agesMs, violations },
      lateFills: this.#fills.late,
      ...{ faults: this.#faults, lateCommits: store.lateCommits, refusedFills: [shared, ...disks].reduce((sum, { refused }) => sum + refused, 0) },
      ...{ trace: this.#trace.digest, journal: this.#trace.lines },
    };
  }
}

/** One process or several; with or without a bus and a disk; with much or little memory. */
function shapeOf(random: Random): FleetShape {
  const [size, bus, disk, room] = [random.next(), random.next(), random.next(), random.next()];
  return {
    processes: size < 0.2 ? 1 : size < 0.5 ? 2 : size < 0.8 ? 3 : 4,
    hasBus: bus < 0.6,
    hasDisk: disk < 0.7,
    memoryEntries: room < 0.5 ? 2 * counts.items : 1 + Math.floor(room * counts.items),
  };
}

export const noFaults = (): Record<FleetFault, number> => Object.fromEntries(fleetFaults.map((kind) => [kind, 0])) as Record<FleetFault, number>;
const itemKey = (at: number): string => `i${at}`;
const allItems = Array.from({ length: counts.items }, (_, at) => itemKey(at));
const allGroups = Array.from({ length: counts.groups }, (_, at) => `g${at}`);
const itemsOf = (changes: readonly WorldChange[]): readonly WorldChange[] => changes.filter(({ key }) => !key.startsWith('@'));
const idsOf = (rows: readonly WorldRow[]): string[] => [...new Set(rows.map(({ key }) => key))];
const groupsOf = (rows: readonly WorldRow[]): string[] => [...new Set(rows.map(({ group }) => group).filter((group) => group !== ''))];
