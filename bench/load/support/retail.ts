import type { RetailLog } from '../../../services/retail/main.ts';

export const noLog: RetailLog = { info() {}, warn() {} };
export const cursorKey = 'a key for the cursors of a benchmark';

/** What the PostgreSQL process says when its data is there. */
export interface RetailData {
  readonly url: string;
  readonly products: readonly number[];
  readonly stores: readonly number[];
  /** Days of the first and the last sale. */
  readonly first: string;
  readonly last: string;
  readonly version: string;
}
