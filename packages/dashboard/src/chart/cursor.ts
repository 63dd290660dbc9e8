import { signal } from '@preact/signals';

/** One moment under the pointer or the arrow keys, marked on every chart of the page. */
export const cursorMs = signal<number | undefined>(undefined);
