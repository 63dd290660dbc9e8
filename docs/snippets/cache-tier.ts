import { createCache, type Tier } from 'millrace/cache';

/** A tier below memory: anything that passes the contract suite of `millrace/testing`. Here it is the memory of another cache. */
const { memory } = createCache({ memory: { size: '1GiB' } });
const shared: Tier = {
  name: 'shared',
  get: (keys, context) => memory.get(keys, context),
  set: (writes, context) => memory.set(writes, context),
  delete: (keys, context) => memory.delete(keys, context),
  invalidate: (target, context) => memory.invalidate(target, context),
  stats: () => memory.stats(),
};

export const cache = createCache({ tierBudget: '50ms' }, { tiers: [shared] });
