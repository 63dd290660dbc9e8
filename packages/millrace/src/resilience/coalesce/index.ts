export { type CoalesceLayer, coalesce } from './coalesce.ts';
export { CoalesceLoopError } from './errors.ts';
export type { CoalesceEvents } from './events.ts';
export { type CoalescePorts, type CoalesceStats, Flights } from './flights.ts';
export type { CoalesceOptions } from './options.ts';
