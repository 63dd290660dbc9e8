import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processFacts } from './process-table.ts';

/** `postmaster.pid` as the server itself wrote it (PostgreSQL source, `pidfile.h`). */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  /** `ready`, `starting`, `stopping`, or empty while it is half written. */
  readonly state: string;
}

export const pidFilePath = (data: string): string => join(data, 'postmaster.pid');

export function readPidFile(data: string): PidFile | undefined {
  try {
    const lines = readFileSync(pidFilePath(data), 'utf8').split('\n');
    return { pid: Math.abs(Number.parseInt(lines[0] ?? '', 10)), port: Number.parseInt(lines[3] ?? '', 10), state: (lines[7] ?? '').trim() };
  } catch {
    return undefined;
  }
}

/** Is that pid really a PostgreSQL on that directory? */
export function isServerOf(data: string, pid: number): boolean {
  const command = processFacts(pid)?.command ?? '';
  return command.includes('postgres') && command.includes(`-D ${data} `);
}
