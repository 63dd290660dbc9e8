import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Say } from './progress.ts';

const script = join(import.meta.dirname, '../../packages/dashboard/build-if-stale.mjs');

/** Builds the dashboard where its build is missing or older than its sources, beside the start of the database. Without one the service runs all the same. */
export function buildDashboard(say: Say): Promise<void> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script], (error, _, words) => {
      if (error) say(`The dashboard could not be built, its page will be missing: ${words.trim().split('\n').at(-1) || error.message}`);
      resolve();
    });
  });
}
