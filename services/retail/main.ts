/**
 * The retail service: what others take from it, and, started as a program (`node --conditions=millrace-source services/retail/main.ts`), the service alone.
 */
import { runAlone } from './alone.ts';

export { type AmplifyOptions, type AmplifyReport, amplify } from './adapters/import/amplify.ts';
export type { ImportReport } from './adapters/import/import-sales.ts';
export type { ImportProgress } from './adapters/import/write-dataset.ts';
export { runAlone } from './alone.ts';
export { retailMigrations } from './migrations/index.ts';
export { createRetail, type Retail, type RetailLog, type RetailOptions } from './retail.ts';

if (import.meta.main) await runAlone();
