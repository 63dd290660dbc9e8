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
 * Drops what is meant in every tier. Memory goes first, so that nobody in this process gets it any more; then the tiers from the lowest up, since each is filled
 * with what the next one has: a tier above that was told first could be given the old value once more. Memory goes last again for the same reason. Answers how
 * many entries there were, in the tier that had most.
 */
export async function dropEverywhere(engine: Engine, target: Target, context: CallContext): Promise<number> {
  let entries = invalidateIn(engine.store, target);
  for (const link of engine.below.toReversed()) entries = Math.max(entries, await link.invalidate(target, context));
  if (engine.below.length > 0) invalidateIn(engine.store, target);
  await engine.announce?.(target);
  engine.events.emit('cache.entries.invalidated', () => ({ target, entries }));
  return entries;
}
