import type { CallContext } from '../kernel/index.ts';
import type { Engine } from './engine.ts';
import type { Policy } from './policy.ts';
import type { Target, TierWrite } from './tiers/index.ts';
import { invalidateIn, type Place } from './tiers/memory/index.ts';

/** Keeps a value in every tier. Says whether one of them took it. */
export async function keepEverywhere(engine: Engine, place: Place, policy: Policy, value: unknown, context: CallContext): Promise<boolean> {
  const { envelope, inMemory } = engine.keep(place, policy, value, undefined);
  if (!envelope) {
    await dropEverywhere(engine, { key: place.key }, context);
    return false;
  }
  const writes: readonly TierWrite[] = [{ key: place.key, envelope, fence: undefined }];
  const stored = await Promise.all(engine.below.map((link) => link.set(writes, context)));
  await engine.announce?.({ key: place.key });
  return inMemory || stored.some(([one]) => one === true);
}

/**
 * Drops what is meant in every tier. Memory goes first, so that nobody in this process gets it any more; then the tiers below; then memory once more: between
 * the two somebody may have fetched the old value from a tier that had not been told yet. Answers how many entries there were, in the tier that had most.
 */
export async function dropEverywhere(engine: Engine, target: Target, context: CallContext): Promise<number> {
  const inMemory = invalidateIn(engine.store, target);
  const below = await Promise.all(engine.below.map((link) => link.invalidate(target, context)));
  if (below.length > 0) invalidateIn(engine.store, target);
  await engine.announce?.(target);
  const entries = Math.max(inMemory, ...below);
  engine.events.emit('cache.entries.invalidated', () => ({ target, entries }));
  return entries;
}
