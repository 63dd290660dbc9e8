import type { DeadlineEntry } from '../clock.ts';

const tickMs = 8;
const slotCount = 1024;
const slotMask = slotCount - 1;
const never = Number.POSITIVE_INFINITY;
/** Longest sleep: a program that is otherwise done is held up no longer than this by a limit that was armed and disarmed. */
const longestSleepMs = 100;

/**
 * One list of deadlines for the whole process: a hashed timing wheel (Varghese and Lauck 1987, scheme 6) of 1,024 slots of 8 ms.
 * Arming and disarming are a few field writes. One timer sleeps until the nearest occupied slot, 100 ms at most; nearly every entry is disarmed
 * before that. An entry further away than one turn of the wheel is looked at once a turn.
 */
export class DeadlineWheel {
  readonly #slots: (DeadlineEntry | undefined)[] = new Array<DeadlineEntry | undefined>(slotCount).fill(undefined);
  /** One bit a slot: is anything in it? */
  readonly #occupied: Int32Array = new Int32Array(slotCount / 32);
  #handledTick: number;
  #armedTick: number = never;
  #timer: NodeJS.Timeout | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#handledTick = Math.floor(now() / tickMs);
  }

  /** Entries waiting, for tests and leak checks. */
  get size(): number {
    let count = 0;
    for (const head of this.#slots) for (let entry = head; entry; entry = entry.nextEntry) count++;
    return count;
  }

  armAt(entry: DeadlineEntry, atMs: number): void {
    const tick = Math.max(Math.ceil(atMs / tickMs), this.#handledTick + 1);
    const slot = tick & slotMask;
    const head = this.#slots[slot];
    entry.dueTick = tick;
    entry.previousEntry = undefined;
    entry.nextEntry = head;
    if (head) head.previousEntry = entry;
    else this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
    this.#slots[slot] = entry;
    if (tick < this.#armedTick) this.#sleepUntil(tick);
  }

  disarm(entry: DeadlineEntry): void {
    if (entry.dueTick < 0) return;
    const slot = entry.dueTick & slotMask;
    const { previousEntry, nextEntry } = entry;
    if (previousEntry) previousEntry.nextEntry = nextEntry;
    else this.#slots[slot] = nextEntry;
    if (nextEntry) nextEntry.previousEntry = previousEntry;
    else if (!previousEntry) this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    entry.previousEntry = undefined;
    entry.nextEntry = undefined;
    entry.dueTick = -1;
  }

  #sleepUntil(tick: number): void {
    clearTimeout(this.#timer);
    this.#armedTick = tick;
    this.#timer = setTimeout(() => this.#wake(), Math.min(longestSleepMs, Math.max(1, Math.ceil(tick * tickMs - this.#now()))));
  }

  #wake(): void {
    this.#armedTick = never;
    const tick = Math.floor(this.#now() / tickMs);
    const first = Math.max(this.#handledTick + 1, tick - slotCount + 1);
    this.#handledTick = Math.max(this.#handledTick, tick);
    for (let one = first; one <= tick; one++) this.#expire(one & slotMask, tick);
    this.#plan();
  }

  /** Takes out what is due first and runs it afterwards: an entry that expires may arm or disarm others. */
  #expire(slot: number, tick: number): void {
    const due: DeadlineEntry[] = [];
    for (let entry = this.#slots[slot]; entry; entry = entry.nextEntry) if (entry.dueTick <= tick) due.push(entry);
    for (const entry of due.reverse()) {
      if (entry.dueTick < 0 || entry.dueTick > tick) continue;
      this.disarm(entry);
      entry.expire();
    }
  }

  #plan(): void {
    const next = this.#nearest();
    if (next < this.#armedTick) this.#sleepUntil(next);
  }

  #nearest(): number {
    for (let ahead = 1; ahead <= slotCount; ahead++) {
      const slot = (this.#handledTick + ahead) & slotMask;
      if (this.#occupied[slot >>> 5] === 0) ahead += 31 - (slot & 31);
      else if ((this.#occupied[slot >>> 5]! & (1 << (slot & 31))) !== 0) return this.#handledTick + ahead;
    }
    return never;
  }
}
