export type Row = Readonly<Record<string, unknown>>;

/** One column of many rows as a text array in PostgreSQL's notation (section 8.15.6): every element quoted, NULL bare. */
export function arrayText(rows: readonly Row[], column: string, textOf: (value: unknown) => string | null): string {
  let text = '{';
  for (let index = 0; index < rows.length; index++) {
    const value = (rows[index] as Row)[column];
    if (index > 0) text += ',';
    text += elementOf(value, textOf);
  }
  return `${text}}`;
}

function elementOf(value: unknown, textOf: (value: unknown) => string | null): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'boolean') return `"${value}"`;
  const text = typeof value === 'string' ? value : textOf(value);
  return text === null ? 'NULL' : `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}
