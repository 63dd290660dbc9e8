import type { LeaseState, Target, Tier, TierAnswer, TierStats, TierWrite } from '../../cache/index.ts';
import { VisibilityGuard } from '../../database/index.ts';
import { type CallContext, type Clock, sleep } from '../../kernel/index.ts';
import type { FleetFault } from './fleet-faults.ts';
import type { FleetParts } from './fleet-world.ts';
import { type WorldChangedRows, WorldFeed, type WorldStream } from './world-feed.ts';
import { WorldProcess } from './world-process.ts';
import type { WorldChange, WorldRow } from './world-store.ts';
import { WorldTierServer } from './world-tier.ts';

/*
 * Mistakes that caches are known to make, each put in the place of a part that does not make it. A judge that lets one of them pass is worth nothing, so every
 * run looks for all of them.
 */

export interface PlantedBug {
  readonly name: string;
  readonly parts: FleetParts;
  /** What brings it out. */
  readonly faults: readonly FleetFault[];
}

/** Applies a commit when it is decoded, and never again. */
class FirstApplicationOnly extends VisibilityGuard<WorldChangedRows> {
  readonly #apply: (changes: readonly WorldChangedRows[]) => void;
  constructor(ports: ConstructorParameters<typeof VisibilityGuard<WorldChangedRows>>[0]) {
    super(ports);
    this.#apply = ports.apply;
  }
  override committed(_xid: number, changes: readonly WorldChangedRows[]): void {
    this.#apply(changes);
  }
}

class FeedWithoutGuard extends WorldFeed {
  protected override makeGuard(): VisibilityGuard<WorldChangedRows> {
    return new FirstApplicationOnly(this.guardPorts());
  }
}

class FeedOfNewRows extends WorldFeed {
  protected override rowsOf({ after }: WorldChange): readonly WorldRow[] {
    return [after];
  }
}

class FeedThatDropsFirst extends WorldFeed {
  protected override async begin(guard: VisibilityGuard<WorldChangedRows>): Promise<WorldStream> {
    await this.ports.apply({ table: this.ports.table });
    await sleep(this.ports.process, 150);
    return this.open(guard);
  }
}

class FeedThatStopsFirst extends WorldFeed {
  override async handOver(): Promise<void> {
    const [old, guard] = [this.stream, this.guard];
    if (!old || !guard || old.hasEnded) return;
    old.isSilent = true;
    await sleep(this.ports.process, 250);
    this.stream = await this.open(guard);
    old.close();
  }
}

class FeedThatVouchesBlindly extends WorldFeed {
  override start(): void {
    super.start();
    const { process } = this.ports;
    const again = (): void => {
      this.ports.vouch(process.monotonicMs() + 5000);
      process.after(1000, again);
    };
    process.after(1000, again);
  }
}

class ServerThatKeepsItsEpoch extends WorldTierServer {
  override forget(): void {
    this.watch?.dropped(undefined);
    this.clear();
  }
}

class ServerThatTakesEveryFill extends WorldTierServer {
  protected override hasRisen(): boolean {
    return false;
  }
}

class ServerWithShortMemory extends WorldTierServer {
  constructor(clock: Clock) {
    super(clock, { mostFences: 2 });
  }
  protected override raiseFloor(): void {}
}

/** A tier around another. */
class Around implements Tier {
  readonly name: string;
  protected readonly tier: Tier;
  readonly forget?: (context: CallContext) => Promise<void>;
  constructor(tier: Tier) {
    this.name = tier.name;
    this.tier = tier;
    if (tier.forget) this.forget = (context) => tier.forget?.(context) ?? Promise.resolve();
  }
  get(keys: readonly string[], context: CallContext): Promise<TierAnswer> {
    return this.tier.get(keys, context);
  }
  set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    return this.tier.set(writes, context);
  }
  delete(keys: readonly string[], context: CallContext): Promise<number> {
    return this.tier.delete(keys, context);
  }
  invalidate(target: Target, context: CallContext): Promise<number> {
    return this.tier.invalidate(target, context);
  }
  stats(): TierStats {
    return this.tier.stats();
  }
}

class TierThatStampsLate extends Around {
  override async set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    const { fence } = await this.get([], context);
    return super.set(
      writes.map((write) => (write.fence === undefined ? write : { ...write, fence })),
      context,
    );
  }
}

class TierThatSaysItHasDropped extends Around {
  override async invalidate(target: Target, context: CallContext): Promise<number> {
    return super.invalidate(target, context).catch(() => 0);
  }
}

/** The clock of a hot path that is moved on by a timer, as if a loop that stood still had not. */
class ProcessWithLateClock extends WorldProcess {
  #lastMs = 0;
  override coarseMs(): number {
    if (!this.isLate) this.#lastMs = this.monotonicMs();
    return this.#lastMs;
  }
}

export const plantedBugs: readonly PlantedBug[] = [
  { name: 'a commit decoded before it is visible', parts: { feed: FeedWithoutGuard }, faults: ['loads slow', 'bus cut'] },
  { name: 'an old tag forgotten', parts: { feed: FeedOfNewRows }, faults: ['bus cut', 'tier evicts'] },
  { name: 'read before LISTEN', parts: { feed: FeedThatDropsFirst }, faults: ['feed lost'] },
  { name: 'an epoch bump skipped', parts: { tierServer: ServerThatKeepsItsEpoch }, faults: ['tier restarted', 'messages late', 'loads slow'] },
  { name: 'a late fill after a crash', parts: { tierServer: ServerThatTakesEveryFill }, faults: ['process killed', 'process stopped', 'loads slow'] },
  { name: 'a hand-over that loses a change', parts: { feed: FeedThatStopsFirst }, faults: ['feed handed over'] },
  { name: 'a tag stamped after the load', parts: { tier: (tier) => new TierThatStampsLate(tier) }, faults: ['loads slow', 'messages late'] },
  { name: 'a tombstone too short', parts: { tierServer: ServerWithShortMemory }, faults: ['loads slow', 'messages late'] },
  { name: 'a tier trusted again too early', parts: { tier: (tier) => new TierThatSaysItHasDropped(tier) }, faults: ['tier out of reach', 'tier cut'] },
  { name: 'a feed that vouches for what it has not heard', parts: { feed: FeedThatVouchesBlindly }, faults: ['feed silent', 'database cut'] },
  { name: 'a clock that stands still with its timers', parts: { process: ProcessWithLateClock }, faults: ['process stopped'] },
];

/** Looks whether a lease has ended, and writes the next holder down a moment later: whoever looks meanwhile finds it free too. */
export class ServerThatLooksFirst extends WorldTierServer {
  readonly #time: Clock;
  readonly #holders: Map<string, string> = new Map();
  readonly #takenOverMs: Map<string, number> = new Map();
  constructor(clock: Clock) {
    super(clock);
    this.#time = clock;
  }
  protected override leaseOne(key: string, holder: string, ms: number): LeaseState {
    const state = super.leaseOne(key, holder, ms);
    const [nowMs, before] = [this.#time.monotonicMs(), this.#holders.get(key)];
    if (state.is === 'held' && nowMs - (this.#takenOverMs.get(key) ?? Number.NEGATIVE_INFINITY) < 30) return { is: 'granted' };
    if (state.is !== 'granted') return state;
    if (before !== undefined && before !== holder) this.#takenOverMs.set(key, nowMs);
    this.#holders.set(key, holder);
    return state;
  }
}
