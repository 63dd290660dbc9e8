import { isSecretName, type Redactor, redacted } from './redaction.ts';

/** Past these a value is cut: whatever somebody logs, a line stays a line. */
export interface PlainBounds {
  readonly depth: number;
  readonly entries: number;
  readonly textLength: number;
}

const bounds: PlainBounds = { depth: 6, entries: 50, textLength: 4_096 };

/** Any value as plain JSON data: bounded in depth and size, without secrets, errors with their causes, nothing that throws or goes round in circles. */
export const toPlain = (value: unknown, redactor: Redactor, within: PlainBounds = bounds): unknown => plain(value, redactor, within, within.depth);

function plain(value: unknown, redactor: Redactor, within: PlainBounds, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return cut(redactor.text(cut(value, within.textLength * 2)), within.textLength);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : object(value, redactor, within, depth);
    default:
      return typeof value === 'bigint' ? String(value) : `[${typeof value}]`;
  }
}

function object(value: object, redactor: Redactor, within: PlainBounds, depth: number): unknown {
  if (value instanceof Error) return error(value, redactor, within, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (value instanceof URL) return cut(redactor.text(value.href), within.textLength);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth <= 0) return Array.isArray(value) ? `[${value.length} entries]` : '[object]';
  if (Array.isArray(value)) return list(value, redactor, within, depth);
  if (value instanceof Set) return list([...value], redactor, within, depth);
  return fields(value instanceof Map ? [...value] : entriesOf(value), redactor, within, depth);
}

/** Reading a getter may throw. */
const entriesOf = (value: object): [string, unknown][] =>
  Object.keys(value).map((key) => {
    try {
      return [key, (value as Record<string, unknown>)[key]];
    } catch {
      return [key, '[unreadable]'];
    }
  });

function list(values: readonly unknown[], redactor: Redactor, within: PlainBounds, depth: number): unknown[] {
  const kept = values.slice(0, within.entries).map((one) => plain(one, redactor, within, depth - 1));
  return values.length > within.entries ? [...kept, `… ${values.length - within.entries} more`] : kept;
}

function fields(entries: readonly (readonly [unknown, unknown])[], redactor: Redactor, within: PlainBounds, depth: number): Record<string, unknown> {
  const kept = entries.slice(0, within.entries).map(([key, value]) => {
    const name = cut(redactor.text(String(key)), 200);
    return [name, isSecretName(name) && value !== undefined && value !== null ? redacted : plain(value, redactor, within, depth - 1)] as const;
  });
  if (entries.length > within.entries) kept.push(['…', `${entries.length - within.entries} more`]);
  return Object.fromEntries(kept);
}

/** Name, code, words, stack and causes; its other fields only where they are figures, for the same reason as in `MillraceError.toJSON`. */
function error(value: Error, redactor: Redactor, within: PlainBounds, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = value;
  const code = (value as { code?: unknown }).code;
  const figures = entriesOf(value).filter(([, one]) => typeof one === 'number' || typeof one === 'boolean');
  return {
    ...fields(figures, redactor, within, 1),
    type: name,
    message: plain(message, redactor, within, 0),
    ...(typeof code === 'string' ? { code: plain(code, redactor, within, 0) } : {}),
    ...(stack === undefined ? {} : { stack: plain(stack, redactor, within, 0) }),
    ...(cause === undefined || depth <= 0 ? {} : { cause: plain(cause, redactor, within, depth - 1) }),
  };
}

const cut = (value: string, length: number): string => (value.length > length ? `${value.slice(0, length - 1)}…` : value);
