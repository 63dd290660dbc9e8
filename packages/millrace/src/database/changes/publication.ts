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
  /** Columns that identify a row; empty: none do, and it cannot be published. */
  readonly identity: readonly string[];
  /** The whole old row is logged; then the publication may have no column list. */
  readonly isFull: boolean;
  /** Another text when the table was dropped, made anew, rewritten, or has other columns. */
  readonly shape: string;
}

export interface Coverage {
  readonly walLevel: string;
  readonly isStandby: boolean;
  readonly hasPublication: boolean;
  readonly tables: readonly KnownTable[];
  /** Names of entities' tables that do not exist (yet). */
  readonly missing: readonly string[];
}

const serverText = `select current_setting('wal_level') as "walLevel", pg_is_in_recovery() as "isStandby",
  exists (select from pg_publication where pubname = $1) as "hasPublication"`;

const tablesText = `select wanted.name, n.nspname as schema, c.relname as "table",
  exists (select from pg_publication_tables p where p.pubname = $2 and p.schemaname = n.nspname and p.tablename = c.relname) as "isPublished",
  coalesce((select json_agg(a.attname order by a.attnum) from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end), '[]'::json)::text as columns,
  c.relreplident = 'f' as "isFull",
  concat_ws(',', c.oid, c.relfilenode, c.relnatts, c.relreplident) as shape
from unnest($1::text[]) as wanted(name)
join pg_class c on c.oid = to_regclass(wanted.name) and c.relkind in ('r', 'p')
join pg_namespace n on n.oid = c.relnamespace`;

type TableRow = Omit<KnownTable, 'identity'> & { readonly columns: string };

/** What the server has of all this, for the tables of `names`. */
export async function readCoverage(connection: Connection, names: readonly string[]): Promise<Coverage> {
  const [server] = (await connection.query({ text: serverText, values: [publicationName] })).rows as Pick<
    Coverage,
    'walLevel' | 'isStandby' | 'hasPublication'
  >[];
  const rows = (await connection.query({ text: tablesText, values: [names, publicationName] })).rows as TableRow[];
  const tables = rows.map(({ columns, ...rest }) => ({ ...rest, identity: JSON.parse(columns) as string[] }));
  const missing = names.filter((name) => !tables.some((table) => table.name === name));
  return { ...(server as NonNullable<typeof server>), tables, missing };
}

export const isPublishable = ({ identity, isFull }: KnownTable): boolean => isFull || identity.length > 0;

/** The statement that puts tables into the publication, or makes it with them; '' where nothing is missing. */
export function publicationSql({ hasPublication, tables }: Coverage): string {
  const wanted = new Map(tables.filter((one) => !one.isPublished && isPublishable(one)).map((one) => [`${one.schema}.${one.table}`, one]));
  if (wanted.size === 0) return '';
  const list = [...wanted.values()].map(tableSql).join(', ');
  return hasPublication
    ? `alter publication ${publicationName} add table ${list};`
    : `create publication ${publicationName} for table ${list} with (publish_via_partition_root = true);`;
}

const tableSql = ({ schema, table, identity, isFull }: KnownTable): string =>
  `${quoteName(schema)}.${quoteName(table)}${isFull ? '' : ` (${identity.map((column) => quoteName(column)).join(', ')})`}`;

/** Makes the publication, or adds what is missing; one process at a time. Which tables were added. */
export async function ensurePublication(connection: Connection, names: readonly string[]): Promise<readonly string[]> {
  await connection.query({ text: 'begin', isPlain: true });
  try {
    await connection.query({ text: `select pg_advisory_xact_lock(${lockKeys})`, isPlain: true });
    const coverage = await readCoverage(connection, names);
    const sql = publicationSql(coverage);
    if (sql !== '') await connection.query({ text: sql, isPlain: true });
    await connection.query({ text: 'commit', isPlain: true });
    return sql === '' ? [] : coverage.tables.filter((one) => !one.isPublished && isPublishable(one)).map(({ name }) => name);
  } catch (error) {
    if (connection.isOpen) await connection.query({ text: 'rollback', isPlain: true });
    throw error;
  }
}
