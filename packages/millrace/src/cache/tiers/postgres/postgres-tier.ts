import { type CallContext, everyMs, type Lifecycle, rootContext, type System, system as systemOfTheMachine } from '../../../kernel/index.ts';
import { CodecError, decodeEnvelope, encodeEnvelope } from '../codec/index.ts';
import { decodeLease, encodeLeaseEnd, leaseWordMs } from '../lease-text.ts';
import { endOf, nameOf, patternNameOf } from '../names.ts';
import type { Envelope, LeaseEnd, LeaseState, Target, Tier, TierAnswer, TierStats, TierWrite } from '../tier.ts';
import { type PostgresTierOptions, type ResolvedPostgresTierOptions, resolvePostgresTierOptions } from './options.ts';
import { type Found, ReadBatch } from './reads.ts';

/** The little of a database the tier needs; `createDatabase` has it. A call ends by its context. */
export interface PostgresTierDatabase {
  /** `name` makes it a prepared statement: the server plans it once a connection. */
  run(
    statement: { readonly text: string; readonly values: readonly unknown[]; readonly name: string },
    call: CallContext,
  ): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface PostgresTierPorts {
  readonly system?: System | undefined;
}

/** Entries and bytes are those of the table at the last upkeep; counts are those of this process. */
export interface PostgresTierStats extends TierStats {
  readonly expirations: number;
  /** Upkeep that failed; the next one does its work. */
  readonly upkeepFailures: number;
}

/** A write on its way, in the words of the server. */
interface Write {
  readonly key: string;
  /** Null: it cannot be kept. */
  readonly body: string | null;
  readonly tags: readonly string[];
  readonly expiresMs: number;
  readonly fence: string | undefined;
}

const readText = `select s.epoch || '.' || s.sequence as fence, e.key, e.body from millrace.cache_state s
left join millrace.cache_entries e on e.key = any($1::text[]) and e.expires_ms > $2::bigint`;
const beginText = 'select millrace.cache_begin() as fence';
const fillText = 'select millrace.cache_fill($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]) as key';
const putText = 'select millrace.cache_put($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) as key';
const dropText = 'select millrace.cache_drop($1::text[], $2::text[], $3::text, $4::text, $5::text, $6::text) as dropped';
const leaseText = 'select leased, held_by from millrace.cache_lease($1::text[], $2::text, $3::integer)';
const forgetText = 'select millrace.cache_forget()';
const releaseText = 'select millrace.cache_release($1::text[], $2::text, $3::text, $4::integer)';
const trimText = 'select expired, evicted, entries, bytes from millrace.cache_trim($1::bigint, $2::bigint, $3::bigint, $4::integer)';

/** An index of PostgreSQL takes a third of a page. */
const longestNameBytes = 2000;
const trimmedAtOnce = 1000;
const mostTrims = 20;
const upkeepLimit = '10s';
/** The last moment a date can say. */
const lastMs = 8_640_000_000_000_000;

/**
 * Entries in an UNLOGGED table, shared by every process, for where there is no Redis. The reads of a turn go as one statement; fills are compared and
 * stored in one function at the server. `cacheMigrations` makes what it needs; see migrations.ts for why a fill and an invalidation never cross.
 */
export class PostgresTier implements Tier, Lifecycle {
  readonly name = 'postgres';
  readonly isShared = true;
  readonly #database: PostgresTierDatabase;
  readonly #options: ResolvedPostgresTierOptions;
  readonly #system: System;
  readonly #reads: ReadBatch;
  #entries: number | undefined = undefined;
  #sizeBytes: number | undefined = undefined;
  #evictions = 0;
  #expirations = 0;
  #upkeepFailures = 0;
  #writtenBytes = 0;
  #writtenEntries = 0;
  #upkeep: Promise<void> | undefined = undefined;
  #stopUpkeep: (() => void) | undefined = undefined;

  /** Does no input or output. @throws MILLRACE_CONFIG */
  constructor(database: PostgresTierDatabase, options?: PostgresTierOptions, { system = systemOfTheMachine }: PostgresTierPorts = {}) {
    this.#database = database;
    this.#options = resolvePostgresTierOptions(options);
    this.#system = system;
    this.#reads = new ReadBatch((keys, context) => this.#read(keys, context));
  }

  /** Begins upkeep; calls work without. */
  start(): Promise<void> {
    this.#stopUpkeep ??= everyMs(this.#system.clock, this.#options.upkeepEveryMs, () => this.upkeep());
    return Promise.resolve();
  }

  /** Ends upkeep and waits for the one that runs. */
  async stop(): Promise<void> {
    this.#stopUpkeep?.();
    this.#stopUpkeep = undefined;
    await this.#upkeep;
  }

  async get(keys: readonly string[], context: CallContext): Promise<TierAnswer> {
    const names = keys.map(nameOf);
    const { fence, bodies } = await this.#reads.get(names, context);
    return { entries: names.map((name) => decoded(bodies.get(name))), fence };
  }

  async set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    const written = writes.map((write) => this.#written(write));
    const known = lastOfEach(written.filter(({ fence }) => fence === undefined));
    const fills = lastOfEach(written.filter(({ fence, body }) => fence !== undefined && body !== null));
    const stored = new Set<string>();
    if (known.length > 0) for (const key of await this.#put(known, context)) stored.add(`k${key}`);
    if (fills.length > 0) for (const key of await this.#fill(fills, context)) stored.add(`f${key}`);
    this.#countWritten(written);
    return written.map(({ key, fence, body }) => body !== null && stored.has((fence === undefined ? 'k' : 'f') + key));
  }

  delete(keys: readonly string[], context: CallContext): Promise<number> {
    const names = keys.map(nameOf).filter(isShort);
    if (names.length === 0) return Promise.resolve(0);
    return this.#drop(context, names.map(keyFence), { keys: names });
  }

  invalidate(target: Target, context: CallContext): Promise<number> {
    if ('tag' in target) return this.#dropTag(nameOf(target.tag), context);
    if ('pattern' in target && target.pattern.includes('*')) return this.#dropPattern(patternNameOf(target.pattern), context);
    const key = nameOf('key' in target ? target.key : 'entity' in target ? target.entity : target.pattern);
    if (!isShort(key)) return Promise.resolve(0);
    return this.#drop(context, [keyFence(key)], { keys: [key], range: [`${key}:`, `${key};`] });
  }

  /** All entries are gone, and fills begun before are refused. */
  async forget(context: CallContext): Promise<void> {
    await this.#ask('forget', forgetText, [], context);
  }

  /** Keys too long for an index are loaded by everybody alone. */
  async lease(keys: readonly string[], holder: string, ms: number, context: CallContext): Promise<readonly LeaseState[]> {
    const names = keys.map(nameOf);
    const rows = await this.#ask('lease', leaseText, [names.filter(isShort), holder, ms], context);
    const held = new Map(rows.map((row) => [row['leased'], String(row['held_by'])]));
    return names.map((name): LeaseState => decodeLease(held.get(name) ?? '~', holder));
  }

  async release(keys: readonly string[], holder: string, end: LeaseEnd, context: CallContext): Promise<void> {
    await this.#ask('release', releaseText, [keys.map(nameOf), holder, encodeLeaseEnd(end) ?? null, leaseWordMs(end)], context);
  }

  stats(): PostgresTierStats {
    const figures = { expirations: this.#expirations, upkeepFailures: this.#upkeepFailures };
    return { policy: 'soonest end first', entries: this.#entries, sizeBytes: this.#sizeBytes, evictions: this.#evictions, ...figures };
  }

  /** Deletes what is past its time and what is too much, in batches. Runs by itself; calls while it runs join it. Never rejects. */
  upkeep(): Promise<void> {
    this.#upkeep ??= this.#trim()
      .catch(() => {
        this.#upkeepFailures++;
      })
      .finally(() => {
        this.#upkeep = undefined;
      });
    return this.#upkeep;
  }

  async #ask(name: string, text: string, values: readonly unknown[], context: CallContext): Promise<readonly Record<string, unknown>[]> {
    return (await this.#database.run({ name: `millrace_cache_${name}`, text, values }, context)).rows as readonly Record<string, unknown>[];
  }

  async #read(keys: readonly string[], context: CallContext): Promise<Found> {
    const rows = await this.#ask('read', readText, [keys, context.system.clock.wallMs()], context);
    const fence = rows[0]?.['fence'] ?? (await this.#ask('begin', beginText, [], context))[0]?.['fence'];
    const found = rows.filter(({ key }) => key !== null).map(({ key, body }) => [key as string, body as string] as const);
    return { fence: String(fence), bodies: new Map(found) };
  }

  async #fill(writes: readonly Write[], context: CallContext): Promise<readonly string[]> {
    const names = writes.map(({ key, tags }) => JSON.stringify([...fencesOf(key), ...tags.map(tagFence)]));
    const fences = writes.map(({ fence }) => splitFence(fence as string));
    const epochs = fences.map(([epoch]) => epoch);
    const sinces = fences.map(([, since]) => since);
    const rows = await this.#ask('fill', fillText, [...columnsOf(writes), names, epochs, sinces], context);
    return rows.map(({ key }) => key as string);
  }

  async #put(writes: readonly Write[], context: CallContext): Promise<readonly string[]> {
    const short = writes.filter(({ key }) => isShort(key));
    const rows = await this.#ask('put', putText, [...columnsOf(short), short.map(({ key }) => keyFence(key))], context);
    return rows.map(({ key }) => key as string);
  }

  #dropTag(tag: string, context: CallContext): Promise<number> {
    return isShort(tag) ? this.#drop(context, [tagFence(tag)], { tag }) : Promise.resolve(0);
  }

  #dropPattern(pattern: string, context: CallContext): Promise<number> {
    const prefix = pattern.slice(0, pattern.indexOf('*'));
    const like = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
    return this.#drop(context, [], { range: [prefix, endOf(prefix)], like });
  }

  async #drop(context: CallContext, fences: readonly string[], { keys, range, like, tag }: Meant): Promise<number> {
    const [lowest, highest] = range ?? [null, null];
    const rows = await this.#ask('drop', dropText, [fences, keys ?? null, lowest, highest, like ?? null, tag ?? null], context);
    return Number(rows[0]?.['dropped']);
  }

  #written({ key, envelope, fence }: TierWrite): Write {
    const name = nameOf(key);
    const tags = [...new Set(envelope.tags.map(nameOf))];
    const expiresMs = Math.ceil(Math.min(lastMs, envelope.freshUntilMs + Math.max(envelope.staleForMs, envelope.graceMs)));
    const body = encoded(envelope);
    const isKept = body !== undefined && Buffer.byteLength(body) <= this.#options.longestEntryBytes && isShort(name) && tags.every(isShort);
    const isFresh = expiresMs > this.#system.clock.wallMs();
    return { key: name, body: isKept && isFresh ? body : null, tags, expiresMs, fence: fence === undefined ? undefined : String(fence) };
  }

  /** A tenth of a bound written since the last upkeep brings the next one forward. */
  #countWritten(writes: readonly Write[]): void {
    const { sizeBytes, maxEntries } = this.#options;
    for (const { key, body } of writes) this.#writtenBytes += key.length + (body?.length ?? 0);
    this.#writtenEntries += writes.length;
    if (this.#stopUpkeep && (this.#writtenBytes > sizeBytes / 10 || this.#writtenEntries > maxEntries / 10)) void this.upkeep();
  }

  async #trim(): Promise<void> {
    this.#writtenBytes = 0;
    this.#writtenEntries = 0;
    const { sizeBytes, maxEntries } = this.#options;
    const context = rootContext(this.#system, 'cache.upkeep', { timeout: upkeepLimit, priority: 'low' });
    for (let left = mostTrims; left > 0; left--) {
      const [row] = await this.#ask('trim', trimText, [this.#system.clock.wallMs(), maxEntries, sizeBytes, trimmedAtOnce], context);
      const [expired, evicted] = [Number(row?.['expired']), Number(row?.['evicted'])];
      this.#expirations += expired;
      this.#evictions += evicted;
      this.#entries = Number(row?.['entries']) - evicted;
      this.#sizeBytes = Number(row?.['bytes']);
      if (expired < trimmedAtOnce && evicted === 0) return;
    }
  }
}

/** What a call drops, beside the fences it raises. */
interface Meant {
  readonly keys?: readonly string[];
  readonly range?: readonly [lowest: string, highest: string];
  readonly like?: string;
  readonly tag?: string;
}

const keyFence = (key: string): string => `k${key}`;
const tagFence = (tag: string): string => `t${tag}`;

/** Names over the bound are never stored, so there is nothing to drop under them. */
const isShort = (name: string): boolean => name.length <= longestNameBytes / 4 || Buffer.byteLength(name) <= longestNameBytes;

/** The fences of a key and of all above it. */
function fencesOf(key: string): string[] {
  const names = [keyFence(key)];
  for (let at = key.lastIndexOf(':'); at > 0; at = key.lastIndexOf(':', at - 1)) names.push(keyFence(key.slice(0, at)));
  return names;
}

function splitFence(fence: string): readonly [epoch: string, since: number] {
  const dot = fence.indexOf('.');
  return [fence.slice(0, dot), Number(fence.slice(dot + 1))];
}

const columnsOf = (writes: readonly Write[]): readonly unknown[] => [
  writes.map(({ key }) => key),
  writes.map(({ body }) => body),
  writes.map(({ tags }) => JSON.stringify(tags)),
  writes.map(({ expiresMs }) => expiresMs),
];

/** A statement may not write one row twice: of several writes of a key the last counts. */
const lastOfEach = (writes: readonly Write[]): readonly Write[] => [...new Map(writes.map((write) => [write.key, write])).values()];

const decoded = (body: string | undefined): Envelope | undefined => (body === undefined ? undefined : decodeEnvelope(body));

/** Undefined for what only memory can hold. */
function encoded(envelope: Envelope): string | undefined {
  try {
    return encodeEnvelope(envelope);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
