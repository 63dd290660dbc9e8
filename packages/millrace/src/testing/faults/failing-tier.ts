import type { Target, Tier, TierAnswer, TierStats, TierWrite } from '../../cache/index.ts';
import type { CallContext } from '../../kernel/index.ts';
import type { FaultInjector } from '../fail-at-n.ts';

/** A tier whose calls go wrong when the injector says so. */
export class FailingTier implements Tier {
  readonly name: string;
  readonly #tier: Tier;
  readonly #faults: FaultInjector;

  constructor(tier: Tier, faults: FaultInjector, name = 'failing') {
    this.name = name;
    this.#tier = tier;
    this.#faults = faults;
  }

  get(keys: readonly string[], context: CallContext): Promise<TierAnswer> {
    return this.#faults.call(`${this.name}.get`, () => this.#tier.get(keys, context));
  }

  set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    return this.#faults.call(`${this.name}.set`, () => this.#tier.set(writes, context));
  }

  delete(keys: readonly string[], context: CallContext): Promise<number> {
    return this.#faults.call(`${this.name}.delete`, () => this.#tier.delete(keys, context));
  }

  invalidate(target: Target, context: CallContext): Promise<number> {
    return this.#faults.call(`${this.name}.invalidate`, () => this.#tier.invalidate(target, context));
  }

  stats(): TierStats {
    return this.#tier.stats();
  }
}
