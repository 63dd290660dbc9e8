export type { GetOrSetOptions, PlainTtl } from './options.ts';
export { PlainCalls } from './plain.ts';
