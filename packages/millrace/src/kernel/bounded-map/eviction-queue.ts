import { Ghosts, takenOut } from './ghosts.ts';
import { type Group, groups, ReuseRates } from './reuse.ts';

/** No slot. */
export const none = -1;

/** Share of the small queue, and the entries it has beside that (a tenth of the room at most): in a small store a share alone is too short for a reuse to show. */
const smallShare = 0.07;
const smallEntries = 60;
const smallExtraShare = 0.1;
/** How much more often than those that go for them newcomers must be used again: those used once while they were small, and those that returned. */
const worth = { [groups.usedOnce]: 1.85, [groups.returned]: 1 } as const;
/** One in so many of a group that is not worth it gets in all the same, so that it is seen when it becomes so. */
const trials = 16;
/** One stranger in so many is let into main unasked: where next to nothing is used again in the small queue (loops, scans), and otherwise. */
const drawn = { inScan: 64, usually: 512 };
const scanShare = 0.03;
const firstCapacity = 64;
/** From here on slots grow by an eighth instead of doubling: half of them empty would be the dearest thing about an entry. */
const largeCapacity = 16_384;
const largeGrowth = 1.125;
const highestMark = 3;
/** Heaviest single entry; weights are kept in 32 bits. */
const heaviest = 0xffff_ffff;

/** Where a slot stands. */
const small = 0;
const main = 1;
const free = 2;

export interface QueueLimits {
  readonly maxEntries: number;
  readonly maxWeight: number;
}

/** What the owner of the slots must do when they change under it. */
export interface SlotOwner {
  /** `slot` was pushed out; it is free when this returns. Must not call back into the queue. */
  evicted(slot: number): void;
  /** Slots now run from 0 to `capacity - 1`. */
  grown(capacity: number): void;
}

/**
 * Decides what a bounded store forgets: S3-FIFO (Yang et al., SOSP 2023), with an admission that learns. A newcomer joins the *small* queue, a tenth of the
 * room or less, and leaves it soon: into the *main* queue when somebody asked for it again meanwhile, else out, leaving a ghost. In main whoever was used
 * goes round again, once for each use, up to three. A hit only writes one byte: no list moves.
 *
 * Two uses while small always lead into main. One use, or a return as a ghost, leads there as long as such newcomers prove to be used again about as
 * often as those that are pushed out for them would be (`ReuseRates`): under a loop larger than the store nothing is, and what is there stays and is hit
 * instead of being replaced before its turn. For the same reason a few strangers are drawn by lot, or a loop would never get in at all.
 *
 * The queue knows slots (small numbers), not keys or values; the owner keeps those in arrays beside it, so that an entry costs bytes and no object.
 */
export class EvictionQueue {
  /** 0 to 3 per slot: how often it was used since the queue last looked. Public, so that a hit is one write; see `mark`. */
  marks: Uint8Array = new Uint8Array(firstCapacity);
  evictions = 0;
  readonly #limits: QueueLimits;
  readonly #owner: SlotOwner;
  readonly #ghosts: Ghosts = new Ghosts();
  readonly #reuse: ReuseRates = new ReuseRates();
  #place: Uint8Array = new Uint8Array(firstCapacity).fill(free);
  /** How a slot came into main, until its first passage there is over. */
  #group: Uint8Array = new Uint8Array(firstCapacity);
  #hashes: Uint32Array = new Uint32Array(firstCapacity);
  #weights: Uint32Array = new Uint32Array(firstCapacity);
  /** Towards the newest and towards the oldest. */
  #newer: Int32Array = new Int32Array(firstCapacity);
  #older: Int32Array = new Int32Array(firstCapacity);
  readonly #newest: [number, number] = [none, none];
  readonly #oldest: [number, number] = [none, none];
  readonly #counts: [number, number] = [0, 0];
  readonly #weightOf: [number, number] = [0, 0];
  #used = 0;
  /** Entries that left the small queue, and those of them that were used there or returned; aged. */
  #leftSmall = 0;
  #usedSmall = 0;
  #lot = 1;
  #freeSlot: number = none;

  constructor(limits: QueueLimits, owner: SlotOwner) {
    this.#limits = limits;
    this.#owner = owner;
    owner.grown(firstCapacity);
  }

  get size(): number {
    return this.#counts[small] + this.#counts[main];
  }

  get weight(): number {
    return this.#weightOf[small] + this.#weightOf[main];
  }

  /** False for an entry that could not stay even alone. */
  fits(weight: number): boolean {
    return weight >= 0 && weight <= this.#limits.maxWeight && weight <= heaviest;
  }

  /** Takes in a newcomer, pushing out others as needed, and returns its slot. `hash` is its key's; the weight, rounded up, must fit. */
  admit(hash: number, given: number): number {
    const weight = Math.ceil(given);
    const ghost = this.#ghosts.take(hash, [this.size, this.#counts[main], this.size]);
    if (ghost === main) this.#reuse.wanted();
    else if (ghost === small) this.#usedSmall++;
    while (this.size + 1 > this.#limits.maxEntries || this.weight + weight > this.#limits.maxWeight) this.#evictOne(none);
    const slot = this.#take();
    this.#weights[slot] = weight;
    this.#hashes[slot] = hash;
    this.marks[slot] = 0;
    const group = this.#groupOf(ghost === small);
    if (ghost === takenOut) this.#enterMain(slot, groups.none);
    else if (group === groups.none) this.#append(slot, small);
    else this.#enterMain(slot, group);
    return slot;
  }

  /** Counts a use. */
  mark(slot: number): void {
    const marked = this.marks[slot] as number;
    if (marked < highestMark) this.marks[slot] = marked + 1;
  }

  /** The entry in `slot` weighs something else now; others go if that is too much. The weight must fit. */
  reweigh(slot: number, given: number): void {
    const weight = Math.ceil(given);
    this.#weightOf[this.#place[slot] as 0 | 1] += weight - this.weightOf(slot);
    this.#weights[slot] = weight;
    while (this.weight > this.#limits.maxWeight) this.#evictOne(slot);
  }

  weightOf(slot: number): number {
    return this.#weights[slot] as number;
  }

  /** Gives the slot back: its owner has no more use for it, or will fill it anew. What comes back soon into main, where it was, need not prove itself again. */
  remove(slot: number): void {
    if (this.#place[slot] === main) this.#ghosts.add(this.#hashes[slot] as number, takenOut, this.size);
    this.#free(slot);
  }

  #free(slot: number): void {
    this.#unlink(slot);
    this.#place[slot] = free;
    this.#newer[slot] = this.#freeSlot;
    this.#freeSlot = slot;
  }

  /** Where a newcomer belongs: in main with its group, or `none`: in small. Before anything was pushed out nobody knows anything, and all are small. */
  #groupOf(isReturned: boolean): Group {
    if (this.evictions === 0) return groups.none;
    if (isReturned && (!this.#mainIsFull() || this.#isWorth(groups.returned))) return groups.returned;
    return this.#draw(this.#usedSmall < scanShare * this.#leftSmall ? drawn.inScan : drawn.usually) ? groups.drawn : groups.none;
  }

  #isWorth(group: typeof groups.usedOnce | typeof groups.returned): boolean {
    return this.#reuse.isWorth(group, worth[group]) || this.#draw(trials);
  }

  /** True one time in `of`; the same for the same traffic (a linear congruential generator). */
  #draw(of: number): boolean {
    this.#lot = (Math.imul(this.#lot, 1_103_515_245) + 12_345) >>> 0;
    return (this.#lot >>> 16) % of === 0;
  }

  /** Pushes out one entry, never `keep`. There is always another one: `keep` alone is within the limits. */
  #evictOne(keep: number): void {
    const fromSmall = !this.#mainHasOther(keep) || this.#smallIsFull();
    if (!(fromSmall && this.#evictSmall(keep))) this.#evictMain(keep);
  }

  #mainHasOther(keep: number): boolean {
    return this.#counts[main] > 1 || (this.#counts[main] === 1 && this.#oldest[main] !== keep);
  }

  #smallIsFull(): boolean {
    const { maxEntries, maxWeight } = this.#limits;
    if (this.size >= maxEntries) return this.#counts[small] >= Math.max(1, Math.round(maxEntries * this.#shareOfSmall()));
    return this.#weightOf[small] >= maxWeight * this.#shareOfSmall();
  }

  #mainIsFull(): boolean {
    const { maxEntries, maxWeight } = this.#limits;
    const share = 1 - this.#shareOfSmall();
    return this.#counts[main] + 1 >= maxEntries * share || this.#weightOf[main] >= maxWeight * share;
  }

  #shareOfSmall(): number {
    return smallShare + Math.min(smallExtraShare, smallEntries / this.size);
  }

  #evictSmall(keep: number): boolean {
    for (let slot = this.#oldest[small]; slot !== none; slot = this.#oldest[small]) {
      const uses = this.marks[slot] as number;
      this.#noteLeftSmall(uses > 0);
      if (slot !== keep && uses < 2 && !(uses === 1 && this.#isWorth(groups.usedOnce))) {
        this.#ghosts.add(this.#hashes[slot] as number, small, this.size);
        this.#ghosts.pass(small);
        this.#evict(slot);
        return true;
      }
      this.marks[slot] = 0;
      this.#unlink(slot);
      this.#enterMain(slot, uses === 1 ? groups.usedOnce : groups.none);
      if (this.#mainIsFull() && this.#mainHasOther(keep)) return false;
    }
    return false;
  }

  #noteLeftSmall(wasUsed: boolean): void {
    this.#leftSmall++;
    if (wasUsed) this.#usedSmall++;
    if (this.#leftSmall < this.size + 100) return;
    this.#leftSmall /= 2;
    this.#usedSmall /= 2;
  }

  #evictMain(keep: number): void {
    let slot = this.#oldest[main];
    for (; this.#passedMain(slot) || slot === keep; slot = this.#oldest[main]) {
      if (this.marks[slot] !== 0) this.marks[slot]!--;
      this.#unlink(slot);
      this.#enterMain(slot, groups.none);
    }
    this.#reuse.left(this.#counts[main]);
    this.#ghosts.add(this.#hashes[slot] as number, main, this.size);
    this.#evict(slot);
  }

  /** Was it used in the passage that is over? */
  #passedMain(slot: number): boolean {
    const wasUsed = this.marks[slot] !== 0;
    const group = this.#group[slot] as Group;
    if (group !== groups.none) this.#reuse.passed(group, wasUsed);
    return wasUsed;
  }

  #enterMain(slot: number, group: Group): void {
    this.#group[slot] = group;
    this.#ghosts.pass(main);
    this.#append(slot, main);
  }

  #evict(slot: number): void {
    this.evictions++;
    this.#owner.evicted(slot);
    this.#free(slot);
  }

  #append(slot: number, queue: 0 | 1): void {
    const newest = this.#newest[queue];
    this.#place[slot] = queue;
    this.#newer[slot] = none;
    this.#older[slot] = newest;
    if (newest === none) this.#oldest[queue] = slot;
    else this.#newer[newest] = slot;
    this.#newest[queue] = slot;
    this.#counts[queue]++;
    this.#weightOf[queue] += this.weightOf(slot);
  }

  #unlink(slot: number): void {
    const queue = this.#place[slot] as 0 | 1;
    const newer = this.#newer[slot] as number;
    const older = this.#older[slot] as number;
    if (newer === none) this.#newest[queue] = older;
    else this.#older[newer] = older;
    if (older === none) this.#oldest[queue] = newer;
    else this.#newer[older] = newer;
    this.#counts[queue]--;
    this.#weightOf[queue] -= this.weightOf(slot);
  }

  #take(): number {
    const slot = this.#freeSlot;
    if (slot !== none) {
      this.#freeSlot = this.#newer[slot] as number;
      return slot;
    }
    if (this.#used === this.marks.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const { length } = this.marks;
    const wider = length < largeCapacity ? length * 2 : Math.ceil(length * largeGrowth);
    const capacity = Math.min(wider, Math.max(length + 1, this.#limits.maxEntries));
    this.marks = resized(this.marks, new Uint8Array(capacity));
    this.#place = resized(this.#place, new Uint8Array(capacity).fill(free));
    this.#group = resized(this.#group, new Uint8Array(capacity));
    this.#hashes = resized(this.#hashes, new Uint32Array(capacity));
    this.#weights = resized(this.#weights, new Uint32Array(capacity));
    this.#newer = resized(this.#newer, new Int32Array(capacity));
    this.#older = resized(this.#older, new Int32Array(capacity));
    this.#owner.grown(capacity);
  }
}

/** `wider` with what `old` held at its beginning. */
export function resized<Numbers extends Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array>(old: Numbers, wider: Numbers): Numbers {
  wider.set(old.length <= wider.length ? old : old.subarray(0, wider.length));
  return wider;
}
