/**
 * Money is whole pence in integers everywhere: in the tables, in the program and in the API. Nothing here ever becomes a floating point amount.
 */

/** `'2.55'`, `'2.5'` or `'2'` pounds in pence; undefined where it is no amount, or has parts of a penny. */
export function penceOf(pounds: string): number | undefined {
  const parts = /^(-?)(\d{1,9})(?:\.(\d{1,2})0*)?$/.exec(pounds);
  if (!parts) return undefined;
  const [, minus, whole, fraction = ''] = parts;
  const pence = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return minus ? -pence : pence;
}

/** Pence in pounds, for people: 255 → `'£2.55'`. */
export function pounds(pence: number): string {
  const digits = String(Math.abs(pence)).padStart(3, '0');
  return `${pence < 0 ? '-' : ''}£${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
