import { type EventSink, messageOf } from '../../kernel/index.ts';
import type { Asking } from './asking.ts';
import type { ChangesEvents } from './events.ts';
import {
  ensurePublication,
  isPublishable,
  type KnownTable,
  oldestVersion,
  type Coverage as Published,
  publicationName,
  publicationSql,
  readCoverage,
} from './publication.ts';
import { isRefusal, Unsupported } from './unsupported.ts';

export interface WatchedTablesPorts {
  readonly events: EventSink<ChangesEvents>;
  /** May it make the publication and put tables into it? Else it only says which statement would. */
  readonly mayPublish: boolean;
}

/** The tables that entities name: which of them are there, which are in the publication, and which have changed their shape, as DDL is not in the stream. */
export class WatchedTables {
  readonly names: Set<string> = new Set();
  readonly #ports: WatchedTablesPorts;
  readonly #told: Set<string> = new Set();
  readonly #shapes: Map<string, string> = new Map();
  #refusedSql = '';
  covered: readonly KnownTable[] = [];
  uncovered: readonly string[] = [];

  constructor(ports: WatchedTablesPorts) {
    this.#ports = ports;
  }

  /** Names under which a table of the server is known here. */
  namesOf({ schema, table }: { readonly schema: string; readonly table: string }): readonly string[] {
    return this.covered.filter((one) => one.schema === schema && one.table === table).map(({ name }) => name);
  }

  /** Is there something to follow? Throws when there are tables and none of them can be. */
  async areThere(ask: Asking): Promise<boolean> {
    const published = await this.#look(ask);
    if (this.covered.length > 0) return true;
    if (published.tables.length > 0) throw unpublished(published);
    return false;
  }

  /** Those that came new or have another shape than when this was asked last. What was held of them before is outdated. */
  async changed(ask: Asking): Promise<readonly string[]> {
    const published = await this.#look(ask);
    const changed = published.tables.filter((table) => this.#shapes.get(table.name) !== shapeOf(table)).map(({ name }) => name);
    for (const table of published.tables) this.#shapes.set(table.name, shapeOf(table));
    for (const table of published.tables.filter(({ isPublished, isBroken }) => !isPublished || isBroken)) this.#tellUncovered(table, published);
    return changed;
  }

  tellOnce<Name extends 'database.changes.fellBack' | 'database.changes.uncovered'>(name: Name, key: string, event: ChangesEvents[Name]): void {
    if (this.#told.has(key) || this.#told.size >= 1000) return;
    this.#told.add(key);
    this.#ports.events.emit(name, () => event);
  }

  async #look(ask: Asking): Promise<Published> {
    const published = await this.#read(ask);
    this.covered = published.tables.filter(({ isPublished }) => isPublished);
    this.uncovered = [...this.names].filter((name) => !this.covered.some((table) => table.name === name));
    return published;
  }

  async #read(ask: Asking): Promise<Published> {
    const names = [...this.names];
    const published = await ask((connection) => readCoverage(connection, names));
    if (published.version < oldestVersion) throw new Unsupported('PostgreSQL 15 or newer is needed', '');
    if (published.isStandby) throw new Unsupported('the server is a standby; changes are followed on the primary', '');
    if (published.walLevel !== 'logical') {
      throw new Unsupported(`wal_level is ${published.walLevel}`, 'alter system set wal_level = logical; -- then restart the server');
    }
    if (!this.#ports.mayPublish || publicationSql(published) === '') return published;
    return this.#publish(ask, names, published);
  }

  /** Where it is refused, what is published already is followed all the same, and it is not asked for again. */
  async #publish(ask: Asking, names: readonly string[], published: Published): Promise<Published> {
    const sql = publicationSql(published);
    if (this.#refusedSql === sql) return published;
    try {
      const added = await ask((connection) => ensurePublication(connection, names));
      if (added.length > 0) this.#ports.events.emit('database.changes.published', () => ({ tables: added }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refusedSql = sql;
      this.tellOnce('database.changes.fellBack', sql, { reason: `the publication may not be changed: ${messageOf(error)}`, sql });
    }
    return ask((connection) => readCoverage(connection, names));
  }

  #tellUncovered(table: KnownTable, published: Published): void {
    const name = `${table.schema}.${table.table}`;
    const sql = isPublishable(table)
      ? publicationSql({ ...published, tables: [table] })
      : `alter table ${name} add primary key (…); -- or: alter table ${name} replica identity full;`;
    this.tellOnce('database.changes.uncovered', name, { table: name, reason: reasonOf(table), sql });
  }
}

const shapeOf = ({ isPublished, isBroken, shape }: KnownTable): string => `${isPublished} ${isBroken} ${shape}`;

function reasonOf(table: KnownTable): string {
  if (!isPublishable(table)) return 'it has no primary key and no replica identity';
  if (table.isBroken) return `its columns in ${publicationName} lack some of its replica identity, and PostgreSQL refuses to update it`;
  return `it is not in the publication ${publicationName}`;
}

function unpublished(published: Published): Unsupported {
  const sql = publicationSql(published);
  const reason = published.tables.some(isPublishable)
    ? `no table of an entity is in the publication ${publicationName}`
    : 'no table of an entity has a primary key or a replica identity';
  return new Unsupported(reason, sql);
}
