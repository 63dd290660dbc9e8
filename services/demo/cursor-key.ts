import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Millrace } from 'millrace';
import { UsageError } from './arguments.ts';

/** The key that signs page cursors: the setting; else, outside production, a random one that stays beside the data, so that a page can be turned after a restart. */
export function cursorKey(millrace: Pick<Millrace, 'setting'>, directory: string): string {
  const given = millrace.setting<string | undefined>('http.cursorKey');
  if (given !== undefined) return given;
  if (millrace.setting<string>('environment') === 'production') {
    throw new UsageError('MILLRACE_HTTP_CURSOR_KEY is missing: write a text of 16 characters or more; every instance needs the same');
  }
  const path = join(directory, 'cursor-key');
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // there from an earlier start
  }
  return readFileSync(path, 'utf8');
}
