/** An identifier as SQL takes it, whatever is in it: the only place where a name becomes part of a statement. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0')) throw new TypeError('A name in SQL has at least one character, and none of them is NUL');
  return `"${name.replaceAll('"', '""')}"`;
}
