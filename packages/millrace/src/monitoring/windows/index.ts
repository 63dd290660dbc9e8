export type { Merged, SystemSlice } from './slice.ts';
export { type Range, ranges, WindowStore } from './store.ts';
