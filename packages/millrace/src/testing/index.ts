export { HangingCall, RecordedEvents } from './doubles.ts';
export { settle, TestClock } from './test-clock.ts';
export { contextFor, countingIds, seededRandom, type TestSystem, testSystem } from './test-system.ts';
