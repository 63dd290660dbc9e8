import type { CallContext } from '../../../kernel/index.ts';
import { type Redis, type RedisReply, RedisReplyError, RedisUnavailableError, type Script } from '../../../redis/index.ts';
import { matcherOf } from '../../keys/index.ts';
import { CodecError, decodeEnvelope, encodeEnvelope } from '../codec/index.ts';
import { decodeLease, encodeLeaseEnd, leaseWordMs } from '../lease-text.ts';
import { nameOf, patternNameOf } from '../names.ts';
import type { Envelope, LeaseEnd, LeaseState, Target, Tier, TierAnswer, TierStats, TierWrite } from '../tier.ts';
import {
  beginEpoch,
  deleteEntries,
  endLeases,
  nextSequence,
  raiseKey,
  raisePattern,
  raiseTag,
  rangeOfKeys,
  readEntries,
  sweepTag,
  takeLeases,
  writeEntry,
} from './scripts.ts';

export interface RedisTierOptions {
  /** Put before every name at the server. @default 'millrace:' */
  readonly prefix?: string | undefined;
  /** Parts the keys are spread over, each in one hash slot: 1 for a single server, 16 for a Cluster. @default 1 */
  readonly shards?: number | undefined;
  /** Entries above this are kept out, in characters of their text. @default 1 MiB */
  readonly longestEntry?: number | undefined;
}

/** Keys dropped at once: short enough that the server answers others in between. */
const batch = 500;
/** Epochs begun for one call before it gives up: a server that keeps nothing at all. */
const mostEpochs = 4;

/**
 * Entries in Redis, shared by every process. A fill carries the number of the sequence at which its load began and lands only if nothing that concerns it was
 * invalidated since, decided in one script at the server. See scripts.ts for what is kept there, and why losing it is harmless.
 */
export class RedisTier implements Tier {
  readonly name = 'redis';
  readonly isShared = true;
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #shards: number;
  readonly #longestEntry: number;

  constructor(redis: Redis, { prefix = 'millrace:', shards = 1, longestEntry = 1_048_576 }: RedisTierOptions = {}) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#shards = shards;
    this.#longestEntry = longestEntry;
  }

  /** What begins an epoch meanwhile is asked again, under a fence taken after it. */
  async get(given: readonly string[], context: CallContext): Promise<TierAnswer> {
    const keys = given.map(nameOf);
    const fence = await this.#sequence(context);
    const entries: (Envelope | undefined)[] = keys.map(() => undefined);
    let began = false;
    const read = async ([shard, places]: readonly [number, readonly number[]]): Promise<void> => {
      const wanted = places.map((place) => keys[place] as string);
      const bodies = (await this.#try(readEntries, shard, fence, wanted, context)) as (string | null)[] | undefined;
      if (!bodies) {
        await this.#begin(shard, context);
        began = true;
      }
      for (const [at, place] of places.entries()) entries[place] = decoded(bodies?.[at]);
    };
    await Promise.all(this.#byShard(keys).map(read));
    return { entries, fence: began ? await this.#sequence(context) : fence };
  }

  set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    return Promise.all(writes.map((write) => this.#write(write, context)));
  }

  async delete(given: readonly string[], context: CallContext): Promise<number> {
    const keys = given.map(nameOf);
    if (keys.length === 0) return 0;
    const sequence = await this.#nextSequence(context);
    const drop = ([shard, places]: readonly [number, readonly number[]]): Promise<RedisReply> =>
      this.#run(
        deleteEntries,
        shard,
        sequence,
        places.map((place) => keys[place] as string),
        context,
      );
    return sum(await Promise.all(this.#byShard(keys).map(drop)));
  }

  async invalidate(target: Target, context: CallContext): Promise<number> {
    const sequence = await this.#nextSequence(context);
    if ('tag' in target) return this.#everyShard((shard) => this.#dropTag(target.tag, shard, sequence, context));
    if ('pattern' in target) return this.#dropPattern(patternNameOf(target.pattern), sequence, context);
    const key = nameOf('key' in target ? target.key : target.entity);
    return this.#dropKey(key, sequence, context);
  }

  /** Without its head a shard begins a new epoch at its next use, and entries of an older one are misses. */
  async forget(context: CallContext): Promise<void> {
    await this.#redis.unlink(
      Array.from({ length: this.#shards }, (_, shard) => `${this.#slot(shard)}h`),
      context,
    );
  }

  async lease(given: readonly string[], holder: string, ms: number, context: CallContext): Promise<readonly LeaseState[]> {
    const keys = given.map(nameOf);
    const states: LeaseState[] = keys.map(() => ({ is: 'alone' }));
    const take = async ([shard, places]: readonly [number, readonly number[]]): Promise<void> => {
      const texts = (await this.#redis.evaluate(takeLeases, this.#leaseNames(shard, places, keys), [holder, String(ms)], context)) as string[];
      for (const [at, place] of places.entries()) states[place] = decodeLease(String(texts[at]), holder);
    };
    await Promise.all(this.#byShard(keys).map(take));
    return states;
  }

  async release(given: readonly string[], holder: string, end: LeaseEnd, context: CallContext): Promise<void> {
    const keys = given.map(nameOf);
    const values = [holder, encodeLeaseEnd(end) ?? '', String(leaseWordMs(end))];
    await Promise.all(this.#byShard(keys).map(([shard, places]) => this.#redis.evaluate(endLeases, this.#leaseNames(shard, places, keys), values, context)));
  }

  #leaseNames(shard: number, places: readonly number[], keys: readonly string[]): string[] {
    return places.map((place) => `${this.#slot(shard)}l:${keys[place]}`);
  }

  /** What the server holds is not counted here: it is shared, and may evict by itself. */
  stats(): TierStats {
    return { policy: 'by the server', entries: undefined, sizeBytes: undefined, evictions: undefined };
  }

  async #write({ key: given, envelope, fence }: TierWrite, context: CallContext): Promise<boolean> {
    const key = nameOf(given);
    const body = encoded(envelope);
    const msToLive = Math.ceil(envelope.freshUntilMs + Math.max(envelope.staleForMs, envelope.graceMs) - context.system.clock.wallMs());
    if (body === undefined || body.length > this.#longestEntry || msToLive <= 0) {
      // What somebody knows to be right now cannot be kept: what stood there is older than it.
      if (fence === undefined) await this.delete([given], context);
      return false;
    }
    const shard = this.#shardOf(key);
    const values = [String(Math.min(msToLive, longestMs)), body, ...envelope.tags.map(tagName)];
    const words = (began: string): string[] => [`${this.#slot(shard)}t:`, key, began, ...values];
    if (fence === undefined) return (await this.#run(writeEntry, shard, await this.#nextSequence(context), words(''), context)) === 1;
    // Begun in an epoch that is over: what was invalidated since may be lost.
    const [number] = String(fence).split(' ') as [string];
    return (await this.#try(writeEntry, shard, String(fence), words(number), context)) === 1;
  }

  /** A key, and what lies below it: in its own shard where it has two parts, else anywhere. */
  async #dropKey(key: string, sequence: string, context: CallContext): Promise<number> {
    const drop = async (shard: number): Promise<number> => {
      const itself = Number(await this.#run(raiseKey, shard, sequence, [key], context));
      return itself + (await this.#dropRange(shard, sequence, [`[${key}:`, `(${key};`], () => true, context));
    };
    return key.includes(':') ? drop(this.#shardOf(key)) : this.#everyShard(drop);
  }

  async #dropPattern(pattern: string, sequence: string, context: CallContext): Promise<number> {
    if (!pattern.includes('*')) return this.#dropKey(pattern, sequence, context);
    const { prefix, matches } = matcherOf(pattern);
    return this.#everyShard(async (shard) => {
      await this.#run(raisePattern, shard, sequence, [JSON.stringify(pattern.split('*'))], context);
      return this.#dropRange(shard, sequence, [`[${prefix}`, prefix === '' ? '+' : `[${prefix}\u{10ffff}`], matches, context);
    });
  }

  async #dropRange(
    shard: number,
    sequence: string,
    [from, to]: readonly [string, string],
    matches: (key: string) => boolean,
    context: CallContext,
  ): Promise<number> {
    let [lowest, dropped] = [from, 0];
    for (;;) {
      const keys = (await this.#run(rangeOfKeys, shard, sequence, [lowest, to, String(batch)], context)) as string[];
      const meant = keys.filter((key) => !key.startsWith('#') && matches(key));
      if (meant.length > 0) dropped += Number(await this.#run(deleteEntries, shard, sequence, meant, context));
      if (keys.length < batch) return dropped;
      lowest = `(${keys.at(-1)}`;
    }
  }

  async #dropTag(tag: string, shard: number, sequence: string, context: CallContext): Promise<number> {
    const name = tagName(tag);
    await this.#run(raiseTag, shard, sequence, [name], context);
    let dropped = 0;
    for (;;) {
      const [count, left] = (await this.#run(sweepTag, shard, sequence, [name, `${this.#slot(shard)}t:`, String(batch)], context)) as [number, number];
      dropped += Number(count);
      if (Number(left) === 0) return dropped;
    }
  }

  async #everyShard(run: (shard: number) => Promise<number>): Promise<number> {
    return sum(await Promise.all(Array.from({ length: this.#shards }, (_, shard) => run(shard))));
  }

  /** The newest number and its generation, as `number generation`. */
  async #sequence(context: CallContext): Promise<string> {
    const [last] = await this.#redis.getMany([this.#sequenceKey], context);
    const words = last?.split(' ');
    return words?.length === 3 ? `${words[0]} ${words[1]}` : this.#nextSequence(context);
  }

  async #nextSequence(context: CallContext): Promise<string> {
    return String(await this.#redis.evaluate(nextSequence, [this.#sequenceKey], [context.system.ids.hex(6)], context));
  }

  /** Where the epoch of the shard is over, a new one is begun and the script runs in that, under a number taken after it. */
  async #run(script: Script, shard: number, sequence: string, values: readonly string[], context: CallContext): Promise<RedisReply> {
    let number = sequence;
    for (let turn = 0; turn < mostEpochs; turn++) {
      const answer = await this.#try(script, shard, number, values, context);
      if (answer !== undefined) return answer;
      number = await this.#begin(shard, context);
    }
    throw new RedisUnavailableError(this.#redis.node, `shard ${shard} lost its epoch ${mostEpochs} times in a row`);
  }

  /** Undefined: the shard has no valid epoch, and nothing was done. */
  async #try(script: Script, shard: number, sequence: string, values: readonly string[], context: CallContext): Promise<RedisReply | undefined> {
    const [number, generation] = sequence.split(' ') as [string, string];
    try {
      return await this.#redis.evaluate(script, this.#heads(shard), [generation, number, `${this.#slot(shard)}e:`, ...values], context);
    } catch (error) {
      if (error instanceof RedisReplyError && error.prefix === 'EPOCH') return undefined;
      throw error;
    }
  }

  /** Begins an epoch in a shard that has none. The number it begins with. */
  async #begin(shard: number, context: CallContext): Promise<string> {
    const sequence = await this.#nextSequence(context);
    const [number, generation] = sequence.split(' ') as [string, string];
    await this.#redis.evaluate(beginEpoch, this.#heads(shard), [generation, number, context.system.ids.hex(6)], context);
    return sequence;
  }

  #heads(shard: number): string[] {
    return ['h', 'f', 'm', 'i'].map((name) => this.#slot(shard) + name);
  }

  get #sequenceKey(): string {
    return `${this.#slot(0)}q`;
  }

  #slot(shard: number): string {
    return `${this.#prefix}{${shard}}:`;
  }

  /** By the first two parts, so that a key and what lies below it are together. */
  #shardOf(key: string): number {
    if (this.#shards === 1) return 0;
    const second = key.indexOf(':', key.indexOf(':') + 1);
    const root = second > 0 ? key.slice(0, second) : key;
    let hash = 0x811c9dc5;
    for (let at = 0; at < root.length; at++) hash = Math.imul(hash ^ root.charCodeAt(at), 0x01000193);
    return (hash >>> 0) % this.#shards;
  }

  #byShard(keys: readonly string[]): readonly (readonly [number, readonly number[]])[] {
    const shards = new Map<number, number[]>();
    for (const [place, key] of keys.entries()) {
      const shard = this.#shardOf(key);
      const places = shards.get(shard);
      if (places) places.push(place);
      else shards.set(shard, [place]);
    }
    return [...shards];
  }
}

const longestMs = 365 * 86_400_000;

const sum = (counts: readonly RedisReply[]): number => counts.reduce<number>((total, count) => total + Number(count), 0);

/** A tag as it stands between separators. */
const tagName = (tag: string): string => nameOf(tag).replaceAll('%', '%25').replaceAll('\u001f', '%1F').replaceAll('\n', '%0A');

const decoded = (body: string | null | undefined): Envelope | undefined => (body === null || body === undefined ? undefined : decodeEnvelope(body));

/** Undefined for what only memory can hold. */
function encoded(envelope: Envelope): string | undefined {
  try {
    return encodeEnvelope(envelope);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
