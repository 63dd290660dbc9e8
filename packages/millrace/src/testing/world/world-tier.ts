import {
  type Envelope,
  type Fence,
  keptHolder,
  type LeaseEnd,
  type LeaseState,
  type Target,
  type Tier,
  type TierAnswer,
  type TierStats,
  type TierWrite,
} from '../../cache/index.ts';
import type { Clock, Random } from '../../kernel/index.ts';
import type { WorldConnection } from './world-connection.ts';

export interface WorldTierOptions {
  /** Invalidations remembered, keys and tags together; few, so that forgetting happens. @default 64 */
  readonly mostFences?: number | undefined;
}

interface PatternFence {
  readonly matches: (key: string) => boolean;
  readonly raisedAt: number;
}

const mostPatterns = 16;
/** How long the word of a holder whose load failed, or could not be kept, stands. */
const leaseWordMs = 1000;
const leaseKeptMs = 100;

/** Who loads a key for everybody, or what he said of his load. */
interface Lease {
  readonly holder: string;
  readonly says: LeaseState | undefined;
  readonly untilMs: number;
}

/** Somebody who looks on. */
export interface WorldTierWatch {
  /** Told to drop this; without a target everything. */
  dropped(target: Target | undefined): void;
  /** A fill was taken. */
  filled(key: string, value: unknown): void;
}

/**
 * What stands behind a tier that several processes share: entries, and one sequence of invalidations against which fills are decided. When it forgets an
 * invalidation, fills that began before it are refused; when it loses everything, all fills under way are.
 */
export class WorldTierServer {
  readonly #clock: Clock;
  readonly #mostFences: number;
  readonly #entries: Map<string, Envelope> = new Map();
  readonly #fences: Map<string, number> = new Map();
  readonly #patterns: PatternFence[] = [];
  readonly #leases: Map<string, Lease> = new Map();
  #epoch = 1;
  #sequence = 0;
  #floor = 0;
  /** Fills that were refused because something newer had happened. */
  refused = 0;
  watch: WorldTierWatch | undefined = undefined;

  constructor(clock: Clock, { mostFences = 64 }: WorldTierOptions = {}) {
    this.#clock = clock;
    this.#mostFences = mostFences;
  }

  get size(): number {
    return this.#entries.size;
  }

  get fence(): Fence {
    return `${this.#epoch}:${this.#sequence}`;
  }

  read(keys: readonly string[]): TierAnswer {
    return { entries: keys.map((key) => this.#read(key)), fence: this.fence };
  }

  write(writes: readonly TierWrite[]): readonly boolean[] {
    return writes.map((write) => this.#write(write));
  }

  delete(keys: readonly string[]): number {
    for (const key of keys) this.#raise(`k${key}`);
    return keys.filter((key) => this.#entries.delete(key)).length;
  }

  invalidate(target: Target): number {
    this.watch?.dropped(target);
    const meant = this.#raiseFor(target);
    let dropped = 0;
    for (const [key, envelope] of this.#entries) if (meant(key, envelope) && this.#entries.delete(key)) dropped++;
    return dropped;
  }

  /** Everything that was stored, and every fill under way, is of no use any more: asked for, or because the server has lost its memory. */
  forget(): void {
    this.watch?.dropped(undefined);
    this.clear();
    this.#epoch++;
  }

  lease(keys: readonly string[], holder: string, ms: number): readonly LeaseState[] {
    return keys.map((key) => this.leaseOne(key, holder, ms));
  }

  release(keys: readonly string[], holder: string, end: LeaseEnd): void {
    for (const key of keys) {
      if (this.#leases.get(key)?.holder !== holder) continue;
      const ms = end.is === 'kept' ? leaseKeptMs : leaseWordMs;
      if (end.is === 'free') this.#leases.delete(key);
      else this.#leases.set(key, { holder: end.is === 'kept' ? keptHolder : '', says: end as LeaseState, untilMs: this.#clock.monotonicMs() + ms });
    }
  }

  protected leaseOne(key: string, holder: string, ms: number): LeaseState {
    const nowMs = this.#clock.monotonicMs();
    const lease = this.#leases.get(key);
    if (lease && lease.untilMs > nowMs && lease.holder !== holder) return lease.says ?? { is: 'held' };
    this.#leases.set(key, { holder, says: undefined, untilMs: nowMs + ms });
    return { is: 'granted' };
  }

  /** Pushes out about this share of the entries. */
  evict(share: number, random: Random): number {
    let evicted = 0;
    for (const key of this.#entries.keys()) if (random.next() < share && this.#entries.delete(key)) evicted++;
    return evicted;
  }

  protected clear(): void {
    this.#entries.clear();
    this.#leases.clear();
    this.#fences.clear();
    this.#patterns.length = 0;
    this.#floor = 0;
  }

  /** An invalidation was forgotten: what began before it can no longer be judged. */
  protected raiseFloor(toSequence: number): void {
    this.#floor = Math.max(this.#floor, toSequence);
  }

  #read(key: string): Envelope | undefined {
    const envelope = this.#entries.get(key);
    if (!envelope) return undefined;
    const { freshUntilMs, staleForMs, graceMs } = envelope;
    if (this.#clock.wallMs() < freshUntilMs + Math.max(staleForMs, graceMs)) return envelope;
    this.#entries.delete(key);
    return undefined;
  }

  #write({ key, envelope, fence }: TierWrite): boolean {
    if (fence === undefined) this.#raise(`k${key}`);
    else if (this.hasRisen(String(fence), key, envelope.tags)) {
      this.refused++;
      return false;
    } else this.watch?.filled(key, envelope.value);
    this.#entries.set(key, envelope);
    return true;
  }

  /** Was something that concerns this entry invalidated after `fence`? */
  protected hasRisen(fence: string, key: string, tags: readonly string[]): boolean {
    const [epoch, sequence] = fence.split(':').map(Number) as [number, number];
    if (epoch !== this.#epoch || sequence < this.#floor) return true;
    const isNewer = (name: string): boolean => (this.#fences.get(name) ?? 0) > sequence;
    if (selfAndAbove(key).some((one) => isNewer(`k${one}`)) || tags.some((tag) => isNewer(`t${tag}`))) return true;
    return this.#patterns.some(({ matches, raisedAt }) => raisedAt > sequence && matches(key));
  }

  #raiseFor(target: Target): (key: string, envelope: Envelope) => boolean {
    if ('tag' in target) {
      this.#raise(`t${target.tag}`);
      return (_key, { tags }) => tags.includes(target.tag);
    }
    if ('pattern' in target && target.pattern.includes('*')) return this.#raisePattern(matcherOf(target.pattern));
    const top = 'key' in target ? target.key : 'entity' in target ? target.entity : target.pattern;
    this.#raise(`k${top}`);
    return (key) => key === top || key.startsWith(`${top}:`);
  }

  #raisePattern(matches: (key: string) => boolean): (key: string) => boolean {
    this.#patterns.push({ matches, raisedAt: ++this.#sequence });
    if (this.#patterns.length > mostPatterns) this.raiseFloor(this.#patterns.shift()?.raisedAt ?? 0);
    return matches;
  }

  #raise(name: string): void {
    this.#fences.delete(name);
    this.#fences.set(name, ++this.#sequence);
    if (this.#fences.size <= this.#mostFences) return;
    const [oldest, raisedAt] = this.#fences.entries().next().value as [string, number];
    this.#fences.delete(oldest);
    this.raiseFloor(raisedAt);
  }
}

/** One process's way to such a server. */
export class WorldTier implements Tier {
  readonly name: string;
  protected readonly server: WorldTierServer;
  protected readonly connection: WorldConnection;

  constructor(name: string, server: WorldTierServer, connection: WorldConnection) {
    this.name = name;
    this.server = server;
    this.connection = connection;
  }

  get(keys: readonly string[]): Promise<TierAnswer> {
    return this.connection.ask(() => this.server.read(keys));
  }

  set(writes: readonly TierWrite[]): Promise<readonly boolean[]> {
    return this.connection.ask(() => this.server.write(writes));
  }

  delete(keys: readonly string[]): Promise<number> {
    return this.connection.ask(() => this.server.delete(keys));
  }

  invalidate(target: Target): Promise<number> {
    return this.connection.ask(() => this.server.invalidate(target));
  }

  stats(): TierStats {
    return { policy: 'world', entries: this.server.size, sizeBytes: undefined, evictions: undefined };
  }
}

/** The same for a tier that processes of other hosts write to. */
export class WorldSharedTier extends WorldTier implements Tier {
  forget(): Promise<void> {
    return this.connection.ask(() => this.server.forget());
  }

  lease(keys: readonly string[], holder: string, ms: number): Promise<readonly LeaseState[]> {
    return this.connection.ask(() => this.server.lease(keys, holder, ms));
  }

  release(keys: readonly string[], holder: string, end: LeaseEnd): Promise<void> {
    return this.connection.ask(() => this.server.release(keys, holder, end));
  }
}

function selfAndAbove(key: string): string[] {
  const names = [key];
  for (let at = key.lastIndexOf(':'); at > 0; at = key.lastIndexOf(':', at - 1)) names.push(key.slice(0, at));
  return names;
}

/** `*` stands for any characters, everything else for itself. */
function matcherOf(pattern: string): (key: string) => boolean {
  const source = pattern.split('*').map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const whole = new RegExp(`^${source.join('.*')}$`, 's');
  return (key) => whole.test(key);
}
