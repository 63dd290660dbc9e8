import { quoteName } from '../batch/index.ts';
import type { Connection } from '../driver/index.ts';

const concurrentIndex =
  /^\s*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w$]+)\s+on\s+(?:only\s+)?((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?)/i;

const invalidText = `select n.nspname as "schema", c.relname as "index" from pg_index i
join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where not i.indisvalid and i.indrelid = to_regclass($1) and c.relname = $2`;

/**
 * A concurrent build that fails leaves its index behind, invalid: it is kept up to date with every write and serves no read, and the name is taken
 * (PostgreSQL, CREATE INDEX). Drops it, so that the statement can run again. Returns its name, or undefined where there was none.
 */
export async function dropInvalidIndex(connection: Connection, sql: string): Promise<string | undefined> {
  const [, name, table] = concurrentIndex.exec(sql) ?? [];
  if (name === undefined || table === undefined) return undefined;
  const bare = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
  const { rows } = await connection.query({ text: invalidText, values: [table, bare] });
  const found = rows[0] as { readonly schema: string; readonly index: string } | undefined;
  if (!found) return undefined;
  await connection.query({ text: `drop index concurrently ${quoteName(found.schema)}.${quoteName(found.index)}`, isPlain: true });
  return `${found.schema}.${found.index}`;
}
