import { UsageError } from './arguments.ts';

/**
 * What a person needs to read of a failed start: each problem one line, no stack. Only a mistake of ours shows where it came from, as
 * nobody else can correct it.
 */
export function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, name, message, stack } = error as Error & { code?: unknown };
  const isForPeople = (typeof code === 'string' && !code.startsWith('ERR_')) || error instanceof UsageError;
  if (isForPeople) return message || `${name} ${String(code)}`;
  return stack ?? message;
}

export function exitWith(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
