import { createCache, type Entity } from '../../cache/index.ts';
import type { Clock, Random } from '../../kernel/index.ts';
import { countingIds, seededRandom } from '../test-system.ts';
import { WorldClock } from './world-clock.ts';
import { WorldConnection } from './world-connection.ts';
import { WorldNetwork } from './world-network.ts';
import { WorldProcess } from './world-process.ts';
import { WorldSharedTier, WorldTierServer } from './world-tier.ts';

/*
 * One cold key, asked for by every process of a fleet at about the same time, and whoever loads it may die or stand still in the middle. Nothing else breaks, so it
 * can be said exactly how many loads there may be: one, and one more for each holder that did not come back in time.
 */

export interface LeaseLifeOptions {
  readonly seed: number;
  /** What says whose turn it is. @default one that does it right */
  readonly tierServer?: (new (clock: Clock) => WorldTierServer) | undefined;
}

export interface LeaseLife {
  readonly seed: number;
  readonly processes: number;
  /** Those who asked, in processes that lived to the end. */
  readonly callers: number;
  readonly answered: number;
  readonly loads: number;
  /** Holders that were killed, or stood still for longer than their lease, while they loaded. */
  readonly lost: number;
  /** In words; nothing where all is as it must be. */
  readonly problems: readonly string[];
}

const longestLoadMs = 900;
/** A lease lasts two seconds: whoever stands still for longer has lost it. */
const frozenMs = 3500;
const endMs = 20_000;

/** Lives one life and tells what was seen in it. */
export async function liveLeases(options: LeaseLifeOptions): Promise<LeaseLife> {
  return new LeaseFleet(options).live();
}

interface Member {
  readonly process: WorldProcess;
  readonly entity: Entity<string, { readonly id: string }>;
  callers: number;
  answered: number;
}

class LeaseFleet {
  readonly #seed: number;
  readonly #clock: WorldClock = new WorldClock();
  readonly #random: Random;
  readonly #network: WorldNetwork;
  readonly #server: WorldTierServer;
  readonly #machine: WorldProcess;
  readonly #members: Member[] = [];
  readonly #counts = { loads: 0, lost: 0 };
  /** Holders that will be lost in this life. */
  #toLose: number;

  constructor({ seed, tierServer: Server = WorldTierServer }: LeaseLifeOptions) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#network = new WorldNetwork(this.#clock, this.#random, { usualMs: 2, slowRatio: 0.01, slowMs: 40 });
    this.#server = new Server(this.#clock);
    this.#machine = new WorldProcess('the shared tier', this.#clock, this.#random, countingIds());
    this.#toLose = Math.floor(this.#random.next() * 3);
    const size = 3 + Math.floor(this.#random.next() * 3);
    for (let number = 0; number < size; number++) this.#join(`p${number}`);
  }

  async live(): Promise<LeaseLife> {
    for (const member of this.#members) {
      const callers = 1 + Math.floor(this.#random.next() * 50);
      this.#clock.after(this.#random.next() * 300, () => member.process.receive('requests', () => ask(member, callers)));
    }
    await this.#clock.run(endMs);
    const alive = this.#members.filter(({ process }) => !process.isDead);
    const [callers, answered] = [sum(alive.map((one) => one.callers)), sum(alive.map((one) => one.answered))];
    return { seed: this.#seed, processes: this.#members.length, callers, answered, ...this.#counts, problems: this.#problems(callers, answered) };
  }

  #join(name: string): void {
    const ids = { ...countingIds(), hex: () => `${name}${this.#random.next()}` };
    const process = new WorldProcess(name, this.#clock, this.#random, ids);
    const tier = new WorldSharedTier('shared', this.#server, new WorldConnection(this.#network, process, this.#machine));
    const cache = createCache({ freeze: false, tierBudget: '1s' }, { system: process.system, tiers: [tier] });
    const entity = cache.entity('thing', (wanted: readonly string[]) => this.#load(process, wanted), { key: ({ id }) => id });
    this.#members.push({ process, entity, callers: 0, answered: 0 });
  }

  /** Takes a while; in the middle of it whoever loads may be lost. */
  #load(process: WorldProcess, ids: readonly string[]): Promise<{ readonly id: string }[]> {
    this.#counts.loads++;
    const tookMs = 50 + this.#random.next() * longestLoadMs;
    if (this.#toLose > 0) this.#clock.after(this.#random.next() * tookMs, () => this.#lose(process));
    return new Promise((resolve) => process.after(tookMs, () => resolve(ids.map((id) => ({ id })))));
  }

  #lose(process: WorldProcess): void {
    this.#toLose--;
    this.#counts.lost++;
    if (this.#random.next() < 0.5) {
      process.freeze();
      this.#clock.after(frozenMs, () => process.thaw());
    } else process.kill();
  }

  #problems(callers: number, answered: number): readonly string[] {
    const { loads, lost } = this.#counts;
    const tooMany = loads > 1 + lost ? [`${loads} loads of one key, though only ${lost} of those that loaded it were lost`] : [];
    return answered === callers ? tooMany : [...tooMany, `${callers - answered} of ${callers} callers were not answered`];
  }
}

/** All at once, in one process. */
function ask(member: Member, callers: number): void {
  member.callers += callers;
  for (let caller = 0; caller < callers; caller++) {
    void member.entity.get('cold').then(
      (row) => {
        member.answered += row ? 1 : 0;
      },
      () => {}, // counted by its absence
    );
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
