import { quoteName } from '../batch/index.ts';
import type { Connection } from '../driver/index.ts';

/*
 * Which tables the server would tell us about. The publication is one for all services of a database, `millrace_changes`, and each table stands in it with the
 * columns that identify its rows: no other data leaves the table. A table without a replica identity is never put in: PostgreSQL would refuse to update it.
 */

export const publicationName = 'millrace_changes';
/** The letters `mill` and `chng` as two numbers: one process at a time changes the publication. */
const lockKeys = '1835625580, 1667788391';

/** A table that an entity depends on, as the server knows it. */
export interface KnownTable {
  /** As the entity calls it. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly isPublished: boolean;
  /** Published with a column list that lacks a column of the identity: PostgreSQL refuses every update and deletion until that is put right. */
  readonly isBroken: boolean;
  /** Columns that identify a row; empty: none do, and it cannot be published. */
  readonly identity: readonly string[];
  /** The whole old row is logged; then the publication may have no column list. */
  readonly isFull: boolean;
  /** Another text when the table was dropped, made anew, rewritten, or has other columns. */
  readonly shape: string;
}

export interface Coverage {
  /** As `server_version_num`; before 150000 there are no column lists. */
  readonly version: number;
  readonly walLevel: string;
  readonly isStandby: boolean;
  readonly hasPublication: boolean;
  readonly tables: readonly KnownTable[];
  /** Names of entities' tables that do not exist (yet). */
  readonly missing: readonly string[];
}

export const oldestVersion = 150_000;

const serverText = `select current_setting('server_version_num')::int as version, current_setting('wal_level') as "walLevel", pg_is_in_recovery() as "isStandby",
  exists (select from pg_publication where pubname = $1) as "hasPublication"`;

const tablesText = `select wanted.name, n.nspname as schema, c.relname as "table",
  p.tablename is not null as "isPublished", p.attnames::text[] as published,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and case c.relreplident
    when 'f' then a.attgenerated = '' else a.attnum = any((select i.indkey from pg_index i where i.indrelid = c.oid
      and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end)::smallint[]) end order by a.attnum) as identity,
  c.relreplident = 'f' as "isFull",
  concat_ws(',', c.oid, c.relfilenode, c.relnatts, c.relreplident) as shape
from unnest($1::text[]) as wanted(name)
join pg_class c on c.oid = to_regclass(wanted.name) and c.relkind in ('r', 'p')
join pg_namespace n on n.oid = c.relnamespace
left join pg_publication_tables p on p.pubname = $2 and p.schemaname = n.nspname and p.tablename = c.relname`;

type TableRow = Omit<KnownTable, 'isBroken'> & { readonly published: readonly string[] | null };

/** What the server has of all this, for the tables of `names`. */
export async function readCoverage(connection: Connection, names: readonly string[]): Promise<Coverage> {
  const [server] = (await connection.query({ text: serverText, values: [publicationName] })).rows as Omit<Coverage, 'tables' | 'missing'>[];
  if (!server || server.version < oldestVersion) return { ...(server as NonNullable<typeof server>), tables: [], missing: names };
  const rows = (await connection.query({ text: tablesText, values: [names, publicationName] })).rows as TableRow[];
  const tables = rows.map(({ published, ...rest }) => ({ ...rest, isBroken: published !== null && !rest.identity.every((one) => published.includes(one)) }));
  return { ...server, tables, missing: names.filter((name) => !tables.some((table) => table.name === name)) };
}

export const isPublishable = ({ identity }: KnownTable): boolean => identity.length > 0;

/** The statements that put tables into the publication, put a column list right, or make it all; '' where nothing is missing. */
export function publicationSql({ hasPublication, tables }: Coverage): string {
  const wanted = [...new Map(tables.filter(isWanted).map((one) => [nameSql(one), one])).values()];
  if (wanted.length === 0) return '';
  const list = wanted.map(tableSql).join(', ');
  if (!hasPublication) return `create publication ${publicationName} for table ${list} with (publish_via_partition_root = true);`;
  const broken = wanted.filter(({ isBroken }) => isBroken).map(nameSql);
  const taken = broken.length === 0 ? '' : `alter publication ${publicationName} drop table ${broken.join(', ')}; `;
  return `${taken}alter publication ${publicationName} add table ${list};`;
}

const isWanted = (table: KnownTable): boolean => isPublishable(table) && (!table.isPublished || table.isBroken);
const nameSql = ({ schema, table }: KnownTable): string => `${quoteName(schema)}.${quoteName(table)}`;

const tableSql = (table: KnownTable): string => {
  const columns = table.identity.map((column) => quoteName(column)).join(', ');
  return `${nameSql(table)}${table.isFull ? '' : ` (${columns})`}`;
};

/** Makes the publication, or adds what is missing; one process at a time. Which tables were added. */
export async function ensurePublication(connection: Connection, names: readonly string[]): Promise<readonly string[]> {
  await connection.query({ text: 'begin', isPlain: true });
  try {
    await connection.query({ text: `select pg_advisory_xact_lock(${lockKeys})`, isPlain: true });
    const coverage = await readCoverage(connection, names);
    const sql = publicationSql(coverage);
    if (sql !== '') await connection.query({ text: sql, isPlain: true });
    await connection.query({ text: 'commit', isPlain: true });
    return sql === '' ? [] : coverage.tables.filter(isWanted).map(({ name }) => name);
  } catch (error) {
    if (connection.isOpen) await connection.query({ text: 'rollback', isPlain: true });
    throw error;
  }
}
