export { TimeoutError } from './errors.ts';
export type { TimeoutEvents } from './events.ts';
export type { TimeoutOptions } from './options.ts';
export { type TimeoutLayer, type TimeoutPorts, type TimeoutStats, timeout } from './timeout.ts';
