import { MissSketch } from './miss-sketch.ts';

/** No slot. */
export const none = -1;

const smallShare = 0.1;
const firstCapacity = 64;
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
 * Decides what a bounded store forgets: S3-FIFO (Yang et al., SOSP 2023) with promotion after one reuse. A newcomer joins the *small* queue, a tenth of
 * the room, and leaves it soon: into the *main* queue when somebody asked for it again meanwhile, else out. A newcomer that was missed before, not long
 * ago, goes to main at once; the paper's ghost list is here an aged sketch of misses. In main whoever was used goes round again, once for each use, up
 * to three. A hit only writes one byte: no list moves.
 *
 * The queue knows slots (small numbers), not keys or values; the owner keeps those in arrays beside it, so that an entry costs bytes and no object.
 */
export class EvictionQueue {
  /** 0 to 3 per slot: how often it was used since the queue last looked. Public, so that a hit is one write; see `mark`. */
  marks: Uint8Array = new Uint8Array(firstCapacity);
  evictions = 0;
  readonly #limits: QueueLimits;
  readonly #owner: SlotOwner;
  readonly #sketch: MissSketch = new MissSketch();
  #place: Uint8Array = new Uint8Array(firstCapacity).fill(free);
  #weights: Uint32Array = new Uint32Array(firstCapacity);
  /** Towards the newest and towards the oldest. */
  #newer: Int32Array = new Int32Array(firstCapacity);
  #older: Int32Array = new Int32Array(firstCapacity);
  readonly #newest: [number, number] = [none, none];
  readonly #oldest: [number, number] = [none, none];
  readonly #counts: [number, number] = [0, 0];
  readonly #weightOf: [number, number] = [0, 0];
  #used = 0;
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
    const missed = this.#sketch.miss(hash);
    while (this.size + 1 > this.#limits.maxEntries || this.weight + weight > this.#limits.maxWeight) this.#evictOne(none);
    const slot = this.#take();
    this.#weights[slot] = weight;
    this.marks[slot] = 0;
    this.#append(slot, missed > 1 ? main : small);
    this.#sketch.fit(this.size);
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

  /** Gives the slot back. */
  remove(slot: number): void {
    this.#unlink(slot);
    this.#place[slot] = free;
    this.#newer[slot] = this.#freeSlot;
    this.#freeSlot = slot;
  }

  /** Pushes out one entry, never `keep`. There is always another one: `keep` alone is within the limits. */
  #evictOne(keep: number): void {
    const fromSmall = this.#counts[main] === 0 || this.#smallIsFull();
    if (!(fromSmall && this.#evictSmall(keep))) this.#evictMain(keep);
  }

  #smallIsFull(): boolean {
    const { maxEntries, maxWeight } = this.#limits;
    const crowded = this.size >= maxEntries;
    return crowded ? this.#counts[small] >= Math.max(1, Math.round(maxEntries * smallShare)) : this.#weightOf[small] >= maxWeight * smallShare;
  }

  #evictSmall(keep: number): boolean {
    for (let slot = this.#oldest[small]; slot !== none; slot = this.#oldest[small]) {
      if (this.marks[slot] === 0 && slot !== keep) {
        this.#evict(slot);
        return true;
      }
      this.marks[slot] = 0;
      this.#unlink(slot);
      this.#append(slot, main);
    }
    return false;
  }

  #evictMain(keep: number): void {
    let slot = this.#oldest[main];
    for (; this.marks[slot] !== 0 || slot === keep; slot = this.#oldest[main]) {
      if (this.marks[slot] !== 0) this.marks[slot]!--;
      this.#unlink(slot);
      this.#append(slot, main);
    }
    this.#evict(slot);
  }

  #evict(slot: number): void {
    this.evictions++;
    this.#owner.evicted(slot);
    this.remove(slot);
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
    const capacity = Math.min(this.marks.length * 2, Math.max(this.marks.length + 1, this.#limits.maxEntries));
    this.marks = resized(this.marks, new Uint8Array(capacity));
    this.#place = resized(this.#place, new Uint8Array(capacity).fill(free));
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
