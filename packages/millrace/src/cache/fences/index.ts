export { type FenceLimits, Fences } from './fences.ts';
