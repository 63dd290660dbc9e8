import { EvictionQueue, hashOf, none, resized } from '../../../kernel/index.ts';
import { Fences } from '../../fences/index.ts';
import type { EntityFigures } from '../../figures/index.ts';
import { isAtOrBelow, type Matcher, matcherOf } from '../../keys/index.ts';
import { Family } from './family.ts';
import { HotPromises } from './hot-promises.ts';
import { Siblings } from './siblings.ts';
import { TagIndex } from './tag-index.ts';

/** Where an entry stands: a single id of a declared entity, or a key of any shape. Both know the whole key as text. */
export interface Place {
  readonly family: Family;
  /** The id, where it is a single one of a declared entity. */
  readonly id: string | number | undefined;
  readonly key: string;
}

/** A value on its way in. Times are monotonic ms. */
export interface MemoryEntry {
  readonly value: unknown;
  readonly sizeBytes: number;
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
  readonly staleForMs: number;
  readonly graceMs: number;
  readonly tags: readonly string[];
  readonly extras: Extras | undefined;
}

/** What few entries have. */
export interface Extras {
  readonly version: string;
  readonly confidence: number | undefined;
  /** From when on it is refreshed behind, and until when it is fresh all the same, monotonic ms; undefined where that is one moment. */
  readonly eager?: { readonly fromMs: number; readonly freshUntilMs: number } | undefined;
}

/** What a family held before it was dropped as a whole. */
interface Retired {
  readonly family: Family;
  readonly slots: Iterator<[string | number, number]>;
}

export type Stored = 'stored' | 'size' | 'outdated';

/** Bytes an entry costs beside its key and value: its slot in the arrays, its place in a map. */
const entryBytes = 128;
const tagBytes = 48;
/** Slots of dropped families given back with every write. */
const reclaimedAtOnce = 8;
const longestMs = 0xffff_ffff;

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly sizeBytes: number;
}

/**
 * The memory tier's own engine, synchronous. One eviction queue and one bound in bytes for everything; an entry is a *slot*, a number that is the index
 * into a few arrays, so that it costs no object. A single id of a declared entity is found in a map of its family by the id as the caller has it, with no
 * key text made; everything else (composite ids, plain keys) in one map by text.
 *
 * Dropping a whole family is one step however large it is: its map is replaced and its epoch goes up; the old slots are given back a few with each write.
 */
export class MemoryStore {
  readonly fences: Fences = new Fences();
  /** Per slot. Undefined values are known absences. */
  values: unknown[] = [];
  freshUntil: Float64Array = new Float64Array(0);
  /** The end of `freshUntil` and `staleFor` together: what a synchronous look compares with. */
  usableUntil: Float64Array = new Float64Array(0);
  storedAt: Float64Array = new Float64Array(0);
  staleFor: Uint32Array = new Uint32Array(0);
  grace: Uint32Array = new Uint32Array(0);
  readonly queue: EvictionQueue;
  readonly #plain: Family;
  #trustedUntilMs: number = Number.POSITIVE_INFINITY;
  #tablesTrustedUntilMs: number = Number.POSITIVE_INFINITY;
  readonly #families: Map<string, Family> = new Map();
  readonly #texts: Map<string, number> = new Map();
  /** Every family there is, and per slot which one; 0: the slot is empty. */
  readonly #owners: (Family | undefined)[] = [undefined];
  #ownerAt: Uint32Array = new Uint32Array(0);
  #ids: (string | number)[] = [];
  /** 1 where the id is a key's text. */
  #isText: Uint8Array = new Uint8Array(0);
  #epochs: Uint32Array = new Uint32Array(0);
  readonly #promises: HotPromises = new HotPromises();
  readonly #siblings: Siblings = new Siblings();
  readonly #tags: TagIndex = new TagIndex();
  readonly #extras: Map<number, Extras> = new Map();
  /** After a failed load: no new try for this slot before then. */
  readonly #retryAt: Map<number, number> = new Map();
  readonly #retired: Retired[] = [];

  constructor(limits: MemoryLimits, plainFigures: EntityFigures) {
    this.#plain = this.#enlist(new Family('', plainFigures));
    this.queue = new EvictionQueue({ maxEntries: limits.maxEntries, maxWeight: limits.sizeBytes }, this);
  }

  /** All entries, those of dropped families that were not given back yet left out. */
  get entries(): number {
    let count = this.#plain.figures.entries;
    for (const { figures } of this.#families.values()) count += figures.entries;
    return count;
  }

  get sizeBytes(): number {
    return this.queue.weight;
  }

  /** From now on keys that begin with `name:` belong to this family; those stored before as plain keys are dropped. */
  declare(name: string, figures: EntityFigures): Family {
    const family = this.#enlist(new Family(name, figures));
    this.#families.set(name, family);
    this.#dropTexts(name);
    return family;
  }

  family(name: string): Family | undefined {
    return this.#families.get(name);
  }

  /** The place a key has. */
  placeOf(key: string): Place {
    const end = key.indexOf(':');
    const family = end > 0 ? this.#families.get(key.slice(0, end)) : undefined;
    if (!family) return { family: this.#plain, id: undefined, key };
    return { family, id: family.singleIdOf(key.slice(end + 1)), key };
  }

  /** The slot of an entry, or -1. It may be past its time. */
  slotOf({ family, id, key }: Place): number {
    return (id === undefined ? this.#texts.get(key) : family.singles.get(id)) ?? none;
  }

  /** The value of a slot as a promise. */
  promiseOf(slot: number): Promise<unknown> {
    return this.#promises.of(slot, this.values[slot]);
  }

  tagsOf(slot: number): readonly string[] {
    return this.#tags.of(slot);
  }

  extrasOf(slot: number): Extras | undefined {
    return this.#extras.get(slot);
  }

  /** Bytes an entry will be counted with. */
  weightOf(key: string, { sizeBytes, tags }: MemoryEntry): number {
    return entryBytes + key.length + Math.max(0, Math.ceil(sizeBytes)) + tags.length * tagBytes;
  }

  /** Stores. With `since`, the fence number its load began at, only where nothing that concerns it was invalidated after that. */
  write(place: Place, entry: MemoryEntry, since?: number): Stored {
    const { figures } = place.family;
    this.#reclaim();
    if (since === undefined) this.fences.raiseKey(place.key);
    else if (this.fences.hasRisen(since, place.key, entry.tags)) return 'outdated';
    const known = this.slotOf(place);
    const weight = this.weightOf(place.key, entry);
    if (!this.queue.fits(weight)) {
      if (known !== none) this.drop(known);
      figures.refusedSize++;
      return 'size';
    }
    const slot = known === none ? this.#admit(place, weight) : this.#reuse(known, weight, place.family);
    this.#fill(slot, entry);
    return 'stored';
  }

  /**
   * Nothing that is here may be given any more without being looked up anew; where that fails, what a declaration allows in that case still may. Loads under
   * way may have read before what was missed: they are not kept.
   */
  doubtAll(nowMs: number): void {
    this.fences.raisePattern('*');
    for (let slot = 0; slot < this.freshUntil.length; slot++) {
      if ((this.freshUntil[slot] as number) > nowMs) this.freshUntil[slot] = nowMs;
      this.staleFor[slot] = 0;
      this.usableUntil[slot] = this.freshUntil[slot] as number;
    }
  }

  /** The same for some families. What was usable is given as stale until `usableUntilMs`. */
  doubtFamilies(families: ReadonlySet<Family>, nowMs: number, usableUntilMs: number): void {
    for (const { name } of families) this.fences.raiseKey(name);
    for (let slot = 0; slot < this.freshUntil.length; slot++) {
      const owner = this.#ownerOf(slot);
      if (!owner || !families.has(owner)) continue;
      const freshUntilMs = Math.min(nowMs, this.freshUntil[slot] as number);
      const endMs = Math.min(usableUntilMs, this.usableUntil[slot] as number);
      this.freshUntil[slot] = freshUntilMs;
      this.staleFor[slot] = Math.max(0, endMs - freshUntilMs);
      this.usableUntil[slot] = freshUntilMs + (this.staleFor[slot] as number);
    }
  }

  /** Until then, monotonic ms, memory hears of what other processes invalidate. For ever where it is the only one. */
  get trustedUntilMs(): number {
    return this.#trustedUntilMs;
  }

  set trustedUntilMs(ms: number) {
    this.#trustedUntilMs = ms;
    this.#spreadTrust();
  }

  /** The same for what depends on tables: until then it hears of their changes. */
  get tablesTrustedUntilMs(): number {
    return this.#tablesTrustedUntilMs;
  }

  trustTables(untilMs: number): void {
    this.#tablesTrustedUntilMs = untilMs;
    this.#spreadTrust();
  }

  tieToTables(family: Family): void {
    family.hasTables = true;
    this.#spreadTrust();
  }

  /** One number a family, so that a read compares once. */
  #spreadTrust(): void {
    const tablesUntilMs = Math.min(this.#trustedUntilMs, this.#tablesTrustedUntilMs);
    for (const family of this.#owners) if (family) family.trustedUntilMs = family.hasTables ? tablesUntilMs : this.#trustedUntilMs;
  }

  /** A failed load leaves what is there in peace until then. */
  retryAt(slot: number): number {
    return this.#retryAt.get(slot) ?? 0;
  }

  setRetryAt(slot: number, atMs: number): void {
    this.#retryAt.set(slot, atMs);
  }

  /** Takes an entry out. */
  drop(slot: number): void {
    this.evicted(slot, false);
    this.queue.remove(slot);
  }

  /** Found past its time. */
  expire(slot: number): void {
    const owner = this.#ownerOf(slot);
    if (owner) owner.figures.expirations++;
    this.drop(slot);
  }

  /** Exactly this key. */
  deleteKey(place: Place): number {
    this.fences.raiseKey(place.key);
    const slot = this.slotOf(place);
    return slot === none ? 0 : this.#invalidated([slot]);
  }

  /** A key and all below it. */
  invalidateKey(place: Place): number {
    const { key } = place;
    const whole = this.#families.get(key);
    if (whole) return this.invalidateFamily(whole);
    this.fences.raiseKey(key);
    const own = this.slotOf(place);
    const below = this.#below(key).filter((slot) => slot !== own);
    return this.#invalidated(own === none ? below : [own, ...below]);
  }

  invalidateTag(tag: string): number {
    this.fences.raiseTag(tag);
    return this.#invalidated([...this.#tags.slotsOf(tag)]);
  }

  invalidatePattern(pattern: string): number {
    const matcher = matcherOf(pattern);
    this.fences.raisePattern(pattern);
    const meant: number[] = [];
    for (const family of this.#families.values()) this.#collect(family, matcher, meant);
    for (const [key, slot] of this.#texts) if (matcher.matches(key)) meant.push(slot);
    return this.#invalidated(meant);
  }

  /** A whole family, in one step for its single ids. */
  invalidateFamily(family: Family): number {
    this.fences.raiseKey(family.name);
    const dropped = this.#dropTexts(family.name) + family.singles.size;
    family.figures.invalidations += family.singles.size;
    this.#retired.push({ family, slots: family.retire() });
    return dropped;
  }

  /** For the queue: `slot` goes. */
  evicted(slot: number, byQueue = true): void {
    const owner = this.#ownerOf(slot) as Family;
    const id = this.#ids[slot] as string | number;
    if (this.#epochs[slot] === owner.epoch) {
      owner.figures.entries--;
      owner.figures.sizeBytes -= this.queue.weightOf(slot);
      if (byQueue) owner.figures.evictions++;
    }
    if (this.#isText[slot]) this.#forgetText(String(id), slot);
    else if (owner.singles.get(id) === slot) owner.singles.delete(id);
    this.#promises.forget(slot);
    this.#tags.forget(slot);
    this.#extras.delete(slot);
    this.#retryAt.delete(slot);
    this.values[slot] = undefined;
    this.#ownerAt[slot] = 0;
    this.#ids[slot] = 0;
  }

  /** For the queue: there are more slots. */
  grown(capacity: number): void {
    this.freshUntil = resized(this.freshUntil, new Float64Array(capacity));
    this.usableUntil = resized(this.usableUntil, new Float64Array(capacity));
    this.storedAt = resized(this.storedAt, new Float64Array(capacity));
    this.staleFor = resized(this.staleFor, new Uint32Array(capacity));
    this.grace = resized(this.grace, new Uint32Array(capacity));
    this.#ownerAt = resized(this.#ownerAt, new Uint32Array(capacity));
    this.#isText = resized(this.#isText, new Uint8Array(capacity));
    this.#epochs = resized(this.#epochs, new Uint32Array(capacity));
  }

  #admit({ family, id, key }: Place, weight: number): number {
    const slot = this.queue.admit(hashOf(key), weight);
    this.#ownerAt[slot] = family.number;
    this.#ids[slot] = id ?? key;
    this.#isText[slot] = id === undefined ? 1 : 0;
    this.#epochs[slot] = family.epoch;
    if (id !== undefined) family.singles.set(id, slot);
    else {
      this.#texts.set(key, slot);
      this.#siblings.add(key, slot);
    }
    family.figures.entries++;
    family.figures.sizeBytes += weight;
    return slot;
  }

  #enlist(family: Family): Family {
    family.number = this.#owners.push(family) - 1;
    family.trustedUntilMs = this.#trustedUntilMs;
    return family;
  }

  #ownerOf(slot: number): Family | undefined {
    return this.#owners[this.#ownerAt[slot] as number];
  }

  #reuse(slot: number, weight: number, { figures }: Family): number {
    figures.sizeBytes += weight - this.queue.weightOf(slot);
    this.queue.reweigh(slot, weight);
    return slot;
  }

  #fill(slot: number, entry: MemoryEntry): void {
    this.#promises.forget(slot);
    this.values[slot] = entry.value;
    this.freshUntil[slot] = entry.freshUntilMs;
    this.storedAt[slot] = entry.storedAtMs;
    this.staleFor[slot] = Math.min(longestMs, entry.staleForMs);
    this.usableUntil[slot] = entry.freshUntilMs + (this.staleFor[slot] as number);
    this.grace[slot] = Math.min(longestMs, entry.graceMs);
    this.#tags.put(slot, entry.tags);
    this.#retryAt.delete(slot);
    if (entry.extras === undefined) this.#extras.delete(slot);
    else this.#extras.set(slot, entry.extras);
  }

  #invalidated(slots: readonly number[]): number {
    let count = 0;
    for (const slot of slots) {
      const owner = this.#ownerOf(slot);
      if (!owner) continue;
      if (this.#epochs[slot] === owner.epoch) {
        owner.figures.invalidations++;
        count++;
      }
      this.drop(slot);
    }
    return count;
  }

  /** Slots of keys of more parts that begin with this one. Only a key of a single part has to look at them all. */
  #below(key: string): number[] {
    if (key.includes(':')) return this.#siblings.of(key).filter((slot) => isAtOrBelow(String(this.#ids[slot]), key));
    return [...this.#texts].filter(([text]) => isAtOrBelow(text, key)).map(([, slot]) => slot);
  }

  #dropTexts(above: string): number {
    const slots: number[] = [];
    for (const [key, slot] of this.#texts) if (isAtOrBelow(key, above)) slots.push(slot);
    return this.#invalidated(slots);
  }

  #collect(family: Family, matcher: Matcher, meant: number[]): void {
    const head = `${family.name}:`;
    const { prefix } = matcher;
    if (!head.startsWith(prefix.slice(0, head.length)) && !prefix.startsWith(head)) return;
    for (const [id, slot] of family.singles) if (matcher.matches(family.keyOf(id))) meant.push(slot);
  }

  #forgetText(key: string, slot: number): void {
    if (this.#texts.get(key) === slot) this.#texts.delete(key);
    this.#siblings.remove(key, slot);
  }

  #reclaim(): void {
    for (let count = 0; count < reclaimedAtOnce && this.#retired.length > 0; count++) {
      const { family, slots } = this.#retired[0] as Retired;
      const next = slots.next();
      if (next.done) {
        this.#retired.shift();
        continue;
      }
      const [id, slot] = next.value;
      const isOrphan = this.#ownerOf(slot) === family && this.#ids[slot] === id && this.#isText[slot] === 0 && this.#epochs[slot] !== family.epoch;
      if (isOrphan) this.drop(slot);
    }
  }
}
