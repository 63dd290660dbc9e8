import { it } from 'vitest';
import { contextFor, testSystem, testTier } from '../../../testing/index.ts';
import { createCache } from '../../index.ts';

const make = (declared: boolean) => async () => {
  const on = testSystem();
  const cache = createCache(undefined, { system: on });
  if (declared) for (const name of ['product', 'x', 'user']) cache.entity(name, async () => [], { key: () => 0 });
  return {
    tier: cache.memory,
    context: () => contextFor('test', {}, on),
    wallMs: () => on.clock.wallMs(),
    advance: (ms: number) => on.clock.advance(ms),
    close: () => cache.stop(),
  };
};

testTier({ it: (name, run) => it(`${name} (memory, plain keys)`, run) }, make(false));
testTier({ it: (name, run) => it(`${name} (memory, keys of declared entities)`, run) }, make(true));
