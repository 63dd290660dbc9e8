/** A result as psql shows it: columns padded, numbers to the right, and the count below. */
export function table(names: readonly string[], rows: readonly (readonly (string | null)[])[], isNumber: readonly boolean[]): string {
  const widths = names.map((name, column) => Math.max(width(name), ...rows.map((row) => width(row[column] ?? ''))));
  const cell = (text: string, column: number): string => {
    const gap = ' '.repeat(widths[column]! - width(text));
    return isNumber[column] ? ` ${gap}${text} ` : ` ${text}${gap} `;
  };
  const head = names.map((name, column) => ` ${centred(name, widths[column]!)} `).join('|');
  const rule = widths.map((one) => '-'.repeat(one + 2)).join('+');
  const body = rows.map((row) => row.map((text, column) => cell(text ?? '', column)).join('|'));
  const lines = [head, rule, ...body].map((line) => line.trimEnd());
  return [...lines, `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`, ''].join('\n');
}

/** psql's `-A -t`: values only, bars between them. */
export const bareRows = (rows: readonly (readonly (string | null)[])[]): string => rows.map((row) => row.map((text) => text ?? '').join('|')).join('\n');

const width = (text: string): number => [...text].length;

function centred(text: string, wanted: number): string {
  const before = Math.floor((wanted - width(text)) / 2);
  return ' '.repeat(before) + text + ' '.repeat(wanted - width(text) - before);
}
