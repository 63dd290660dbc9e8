/**
 * One pass over a statement, character by character: comments go, literals become `?`, lists of literals and parameters fold into one, white space
 * collapses. Linear in the length of the text, no regular expression with backtracking, no parser; a text that is cut off inside a literal
 * simply ends there. PostgreSQL 18, section 4.1 is the grammar followed: nested comments, '' and E'\'' strings, dollar quotes, "names".
 */

const wordStart = /[A-Za-z_\u0080-\uffff]/;
const wordPart = /[A-Za-z0-9_$\u0080-\uffff]/;
const space = /\s/;

type Emit = (piece: string, kind: 'word' | 'literal' | 'parameter' | 'other' | 'space') => void;

/** Calls `emit` with each piece that is not a comment. */
function scan(text: string, emit: Emit): void {
  let at = 0;
  while (at < text.length) {
    const end = endOfPiece(text, at);
    const [piece, kind] = pieceOf(text, at, end);
    if (kind !== 'comment') emit(piece, kind);
    else emit(' ', 'space');
    at = end;
  }
}

type Kind = 'word' | 'literal' | 'parameter' | 'other' | 'space' | 'comment';

function pieceOf(text: string, at: number, end: number): [string, Kind] {
  const first = text[at] as string;
  const piece = text.slice(at, end);
  if (space.test(first)) return [piece, 'space'];
  if (piece.startsWith('--') || piece.startsWith('/*')) return [piece, 'comment'];
  if (first === "'" || isDigit(first) || (first === '.' && end - at > 1)) return [piece, 'literal'];
  if (first === '$') return [piece, /^\$\d+$/.test(piece) ? 'parameter' : piece.length > 1 ? 'literal' : 'other'];
  if (wordStart.test(first)) return [piece, piece.endsWith("'") && piece.length > 1 ? 'literal' : 'word'];
  return [piece, first === '"' ? 'word' : 'other'];
}

const isDigit = (character: string | undefined): boolean => character !== undefined && character >= '0' && character <= '9';

function endOfPiece(text: string, at: number): number {
  const first = text[at] as string;
  const second = text[at + 1];
  if (space.test(first)) return endOf(text, at, space);
  if (first === '-' && second === '-') return lineEnd(text, at);
  if (first === '/' && second === '*') return commentEnd(text, at + 2);
  if (first === "'") return quoteEnd(text, at + 1, "'", false);
  if (first === '"') return quoteEnd(text, at + 1, '"', false);
  if (first === '$') return dollarEnd(text, at);
  if (isDigit(first) || (first === '.' && isDigit(second))) return numberEnd(text, at);
  if (wordStart.test(first)) return wordEnd(text, at);
  return at + 1;
}

function endOf(text: string, from: number, kind: RegExp): number {
  let at = from + 1;
  while (at < text.length && kind.test(text[at] as string)) at++;
  return at;
}

const lineEnd = (text: string, at: number): number => {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
};

function commentEnd(text: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; at < text.length && depth > 0; at++) {
    if (text[at] === '*' && text[at + 1] === '/') [depth, at] = [depth - 1, at + 1];
    else if (text[at] === '/' && text[at + 1] === '*') [depth, at] = [depth + 1, at + 1];
  }
  return at;
}

/** A doubled quote is one inside; with `escapes` a backslash takes the next character with it. */
function quoteEnd(text: string, from: number, quote: string, escapes: boolean): number {
  for (let at = from; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return text.length;
}

/** `$1`, or a dollar-quoted string up to its tag, or a lone dollar. */
function dollarEnd(text: string, at: number): number {
  if (isDigit(text[at + 1])) return endOf(text, at, /\d/);
  let tagEnd = at + 1;
  while (tagEnd < text.length && wordPart.test(text[tagEnd] as string) && text[tagEnd] !== '$') tagEnd++;
  if (text[tagEnd] !== '$') return at + 1;
  const tag = text.slice(at, tagEnd + 1);
  const close = text.indexOf(tag, tagEnd + 1);
  return close < 0 ? text.length : close + tag.length;
}

function numberEnd(text: string, from: number): number {
  let at = from + 1;
  for (; at < text.length; at++) {
    const one = text[at] as string;
    const isExponentSign = (one === '+' || one === '-') && /[eE]/.test(text[at - 1] as string) && !/[xXbBoO]/.test(text[from + 1] ?? '');
    if (!isExponentSign && !/[0-9A-Za-z_.]/.test(one)) break;
  }
  return at;
}

/** `E'…'`, `B'…'`, `X'…'`, `N'…'` and `U&'…'` are literals with a letter before them. */
function wordEnd(text: string, at: number): number {
  if (/[eE]/.test(text[at] as string) && text[at + 1] === "'") return quoteEnd(text, at + 2, "'", true);
  if (/[bBxXnN]/.test(text[at] as string) && text[at + 1] === "'") return quoteEnd(text, at + 2, "'", false);
  if (/[uU]/.test(text[at] as string) && text[at + 1] === '&' && text[at + 2] === "'") return quoteEnd(text, at + 3, "'", false);
  return endOf(text, at, wordPart);
}

/** The text without comments, every literal as `?`: for looking at its words. */
export function withoutLiterals(text: string): string {
  let plain = '';
  scan(text, (piece, kind) => {
    plain += kind === 'literal' ? '?' : kind === 'space' ? ' ' : piece;
  });
  return plain;
}

/** The text with each character of its literals as `*`, at the same positions: for showing a place in it. */
export function withMaskedLiterals(text: string): string {
  let masked = '';
  let at = 0;
  while (at < text.length) {
    const end = endOfPiece(text, at);
    const [piece, kind] = pieceOf(text, at, end);
    masked += kind === 'literal' ? '*'.repeat(piece.length) : kind === 'comment' ? ' '.repeat(piece.length) : piece;
    at = end;
  }
  return masked;
}

/** Longer texts are grouped by their beginning: a list of ten thousand values tells no more than one of a hundred. */
const mostRead = 8000;
const mostKept = 1000;

/** What statements that differ only in values, lists, comments, case of words and white space have in common. At most 1,000 characters. */
export function normalize(text: string): string {
  const words = new Folder();
  let previous: Kind | 'none' = 'none';
  scan(text.length > mostRead ? text.slice(0, mostRead) : text, (piece, kind) => {
    if (kind === 'literal' || kind === 'parameter') words.push('?');
    else if (kind === 'word') words.push(piece.startsWith('"') ? piece : piece.toLowerCase());
    else if (kind === 'other') words.operator(piece, previous === 'other');
    previous = kind;
  });
  const joined = words.joined();
  return joined.length > mostKept ? `${joined.slice(0, mostKept - 1)}…` : joined;
}

/** What a list of values may follow: a bracket or a word, but no operator, to which the first value would belong. */
const startsList = /^[(,[a-z]/;
const alone = new Set(['(', ')', ',', ';', '[', ']', '.']);

/** Collects words and folds as it goes: `?, ?` to `…`, and a bracket that repeats the one before it away. */
class Folder {
  readonly #words: string[] = [];
  readonly #open: number[] = [];
  /** The bracket closed last, by depth. */
  readonly #lastGroups: ({ readonly start: number; readonly end: number } | undefined)[] = [];

  /** Characters of one operator stay together: `->>`, `>=`, `::`. */
  operator(character: string, isAttached: boolean): void {
    const last = this.#words.at(-1);
    if (isAttached && last !== undefined && !alone.has(character) && !alone.has(last)) this.#words[this.#words.length - 1] = last + character;
    else if (character === '(') this.#openBracket();
    else if (character === ')') this.#closeBracket();
    else this.#words.push(character);
  }

  push(word: string): void {
    const words = this.#words;
    const before = words.at(-2);
    if (word === '?' && words.at(-1) === ',' && (before === '…' || (before === '?' && startsList.test(words.at(-3) ?? '')))) words.splice(-2, 2, '…');
    else words.push(word);
  }

  joined(): string {
    let text = '';
    for (const [index, word] of this.#words.entries()) {
      const previous = this.#words[index - 1];
      const isTight = index === 0 || /^[,);.\]]$/.test(word) || previous === '(' || previous === '.' || previous === '[' || isAttached(word, previous);
      text += isTight ? word : ` ${word}`;
    }
    return text;
  }

  #openBracket(): void {
    this.#open.push(this.#words.length);
    this.#words.push('(');
  }

  #closeBracket(): void {
    const words = this.#words;
    const start = this.#open.pop();
    if (start !== undefined && words[start - 1] === 'in' && words.length === start + 2 && words.at(-1) === '?') words[words.length - 1] = '…';
    words.push(')');
    if (start === undefined) return;
    const group = { start, end: words.length };
    if (this.#repeatsLast(group)) words.length = start - 1;
    else this.#lastGroups[this.#open.length] = group;
  }

  #repeatsLast({ start, end }: { readonly start: number; readonly end: number }): boolean {
    const last = this.#lastGroups[this.#open.length];
    if (!last || this.#words[start - 1] !== ',' || last.end !== start - 1 || last.end - last.start !== end - start) return false;
    for (let index = 0; index < end - start; index++) if (this.#words[start + index] !== this.#words[last.start + index]) return false;
    return true;
  }
}

/** No space in `count(`, `a[` and `a::text`, whatever the caller wrote. */
const isAttached = (word: string, previous: string | undefined): boolean =>
  word === '::' ||
  previous === '::' ||
  (word === '[' && previous !== undefined) ||
  (word === '(' && previous !== undefined && /^[a-z_"]/.test(previous) && !bracketWords.has(previous));

const bracketWords = new Set([
  'in',
  'values',
  'and',
  'or',
  'not',
  'where',
  'from',
  'as',
  'on',
  'select',
  'any',
  'all',
  'exists',
  'join',
  'with',
  'using',
  'over',
  'then',
  'else',
  'when',
  'by',
]);
