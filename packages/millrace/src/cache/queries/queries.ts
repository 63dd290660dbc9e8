import { type CallContext, type CallOptions, ConfigError, type Duration, duration, passed, resolveOptions } from '../../kernel/index.ts';
import type { Entity, EntityOptions } from '../entity/index.ts';
import { paramsHash } from '../keys/index.ts';
import type { LoadRows } from '../load/index.ts';

/** How the result of one statement is kept. */
export interface QueryCacheOptions {
  /**
   * Every table the statement reads, written as in the setting `cache.queryTables`. Where all of them stand there and are followed, the result is dropped by the next
   * change of any of them, and fresh for 15 minutes; else it is fresh for 30 seconds. @default none: 30 seconds
   */
  readonly tables?: readonly string[] | undefined;
  /** How long the result is fresh, `'1ms'` to `'1d'`, in place of 15 minutes or 30 seconds. */
  readonly ttl?: Duration | undefined;
}

/** A statement and its parameters. */
export interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** Runs a statement at the database. */
export type RunStatement = (statement: Statement, call: CallContext) => Promise<readonly object[]>;

export interface QueryCachePorts {
  /** Names of tables whose changes drop results. */
  readonly tables: ReadonlySet<string>;
  /** Are changes of this table, whoever makes them, seen now? */
  readonly isFollowed: (table: string) => boolean;
  /** Declares the entity that holds the results. */
  declare(load: LoadRows<string, CachedResult>, options: EntityOptions<string, CachedResult>): Entity<string, CachedResult>;
}

/** What is kept of a statement. */
export interface CachedResult {
  readonly hash: string;
  readonly rows: readonly object[];
  readonly tables: readonly string[];
  readonly ttlMs: number;
}

interface Asked extends Statement {
  readonly run: RunStatement;
  readonly tables: readonly string[];
  readonly ttlMs: number | undefined;
}

/** A statement, for as long as somebody waits for it: it is loaded while somebody does, and never behind. */
interface Pending {
  readonly asked: Asked;
  waiting: number;
}

/** The entity that holds results: their keys are `query:` and the hash of text, parameters, and the terms they are kept under. */
export const queryEntity = 'query';
const tiedMs = 15 * 60_000;
const untiedMs = 30_000;

const rules = { tables: passed<readonly string[]>(), ttl: duration('1ms', '1d') };

/** The tag of all results that depend on a table. */
export const tagOfTable = (table: string): string => `table:${table}`;

/** Results of statements, kept by text, parameters and terms (who allows less is not given what was kept for longer), dropped by a change of the tables they name. */
export class QueryCache {
  readonly #ports: QueryCachePorts;
  readonly #entity: Entity<string, CachedResult>;
  readonly #pending: Map<string, Pending> = new Map();

  constructor(ports: QueryCachePorts) {
    this.#ports = ports;
    this.#entity = ports.declare((hashes, call) => Promise.all(hashes.map((hash) => this.#load(hash, call))), {
      key: ({ hash }) => hash,
      ttl: ({ ttlMs }) => ttlMs,
      tags: ({ tables }) => tables.map(tagOfTable),
      maxBatch: 1, // statements are independent: a slow one keeps nobody waiting
    });
  }

  /** The rows. @throws MILLRACE_CONFIG for options, or a statement, that cannot be kept; MILLRACE_CACHE_KEY for parameters without a canonical text; what `run` throws */
  async rows(statement: Statement, options: QueryCacheOptions | true, run: RunStatement, call?: CallOptions | CallContext): Promise<readonly object[]> {
    const { tables = [], ttlMs } = resolveOptions('cache', options === true ? undefined : options, rules);
    refuseWrites(statement.text);
    const { text, params } = statement;
    const terms = tables.toSorted();
    const hash = paramsHash(terms.length === 0 && ttlMs === undefined ? [text, params] : [text, params, terms, ttlMs]);
    const pending = this.#pendingOf(hash, { text, params, run, tables: terms, ttlMs });
    try {
      return ((await this.#entity.get(hash, call)) as CachedResult).rows;
    } finally {
      if (--pending.waiting === 0) this.#pending.delete(hash);
    }
  }

  /** Tied only to tables that are followed when the load begins: one that falls out later is limited as all that depends on tables is. */
  async #load(hash: string, call: CallContext): Promise<CachedResult> {
    const { run, tables, ttlMs, text, params } = (this.#pending.get(hash) as Pending).asked;
    const isTied = tables.length > 0 && tables.every((table) => this.#ports.tables.has(table) && this.#ports.isFollowed(table));
    const rows = await run({ text, params }, call);
    return { hash, rows, tables: isTied ? tables : tables.filter((table) => this.#ports.tables.has(table)), ttlMs: ttlMs ?? (isTied ? tiedMs : untiedMs) };
  }

  #pendingOf(hash: string, asked: Asked): Pending {
    const pending = this.#pending.get(hash) ?? { asked, waiting: 0 };
    pending.waiting++;
    this.#pending.set(hash, pending);
    return pending;
  }
}

/** Comments, texts and quoted names: words in them do nothing. */
const quoted = /--.*$|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1/gm;
const begins = /^\(*\s*(?:select|values|table|with)\b/i;
const writes = /\b(?:insert|update|delete|merge|into|truncate)\b|\bfor\s+(?:key\s+)?share\b/i;

/** A result is kept of statements that only read: a write, or a lock, that is answered from the cache would not be done. */
function refuseWrites(text: string): void {
  const words = text.replace(quoted, ' ').trim();
  const found = begins.test(words) ? writes.exec(words)?.[0] : `${words.slice(0, 20)}…`;
  if (found === undefined) return;
  const allowed = 'a statement that begins with select, values, table or with, and neither writes nor locks; a column of such a name in double quotes';
  throw new ConfigError([{ setting: 'cache', found: `set for a statement with ${JSON.stringify(found)}`, allowed }]);
}
