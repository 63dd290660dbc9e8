export { Guard, type GuardOptions, isLoopbackName } from './guard.ts';
