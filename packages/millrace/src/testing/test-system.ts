import { type CallContext, type Ids, type Random, type RootOptions, rootContext, type System } from '../kernel/index.ts';
import { TestClock } from './test-clock.ts';

/** A repeatable stream of numbers in [0, 1): mulberry32. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return {
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
};

/** Ids that count: `id-1`, `id-2`, and hexadecimal ones likewise. */
export const countingIds = (): Ids => {
  let count = 0;
  return { next: () => `id-${++count}`, hex: (bytes) => (++count).toString(16).padStart(bytes * 2, '0') };
};

export interface TestSystem extends System {
  readonly clock: TestClock;
}

/** A system whose time stands still, whose chance repeats and whose ids count. */
export const testSystem = (seed = 1): TestSystem => ({ clock: new TestClock(), random: seededRandom(seed), ids: countingIds() });

/** A context for a call made in a test. */
export const contextFor = (operation: string, options: RootOptions = {}, on: System = testSystem()): CallContext => rootContext(on, operation, options);
