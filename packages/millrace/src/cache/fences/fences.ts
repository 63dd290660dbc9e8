import { type Matcher, matcherOf } from '../keys/index.ts';

const separator = 58;

export interface FenceLimits {
  /** Names remembered, keys and tags together. */
  readonly names: number;
  /** Patterns remembered. */
  readonly patterns: number;
}

/**
 * Keeps a load from storing what was invalidated while it ran. Every invalidation raises a fence: the next number of one sequence, under the name of the
 * key, tag or pattern it concerns. A load notes the number it began at; what it brings is outdated when a fence that concerns it is higher.
 *
 * The memory is bounded. When a fence is forgotten its number becomes the *floor*, and a load that began below the floor counts as outdated whatever it
 * brings: forgetting costs a fill, never a wrong value.
 */
export class Fences {
  /** The number of the newest fence. */
  sequence = 0;
  #floor = 0;
  readonly #limits: FenceLimits;
  readonly #names: Map<string, number> = new Map();
  readonly #patterns: { readonly matcher: Matcher; readonly raisedAt: number }[] = [];

  constructor(limits: FenceLimits = { names: 10_000, patterns: 32 }) {
    this.#limits = limits;
  }

  /** Around a key and all below it. */
  raiseKey(key: string): void {
    this.#raise(`k${key}`);
  }

  raiseTag(tag: string): void {
    this.#raise(`t${tag}`);
  }

  raisePattern(pattern: string): void {
    this.#patterns.push({ matcher: matcherOf(pattern), raisedAt: ++this.sequence });
    if (this.#patterns.length > this.#limits.patterns) this.#floor = Math.max(this.#floor, this.#patterns.shift()?.raisedAt ?? 0);
  }

  /** Whether something that concerns this entry was invalidated after `since`. */
  hasRisen(since: number, key: string, tags: readonly string[]): boolean {
    if (since === this.sequence) return false;
    if (since < this.#floor) return true;
    return this.#keyHasRisen(since, key) || tags.some((tag) => this.#isAbove(since, `t${tag}`)) || this.#patternHasRisen(since, key);
  }

  #keyHasRisen(since: number, key: string): boolean {
    if (this.#isAbove(since, `k${key}`)) return true;
    for (let at = key.length - 1; at > 0; at--) if (key.charCodeAt(at) === separator && this.#isAbove(since, `k${key.slice(0, at)}`)) return true;
    return false;
  }

  #patternHasRisen(since: number, key: string): boolean {
    return this.#patterns.some(({ matcher, raisedAt }) => raisedAt > since && matcher.matches(key));
  }

  #isAbove(since: number, name: string): boolean {
    return (this.#names.get(name) ?? 0) > since;
  }

  #raise(name: string): void {
    this.#names.delete(name);
    this.#names.set(name, ++this.sequence);
    if (this.#names.size <= this.#limits.names) return;
    const [oldest, raisedAt] = this.#names.entries().next().value as [string, number];
    this.#names.delete(oldest);
    this.#floor = Math.max(this.#floor, raisedAt);
  }
}
