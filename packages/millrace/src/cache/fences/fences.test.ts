import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matcherOf } from '../keys/index.ts';
import { Fences } from './index.ts';

type Raise = { readonly kind: 'key' | 'tag' | 'pattern'; readonly name: string };
const name = fc.constantFrom('a', 'a:1', 'a:1:x', 'a:12', 'b', 'b:1');
const raise: fc.Arbitrary<Raise> = fc.oneof(
  fc.record({ kind: fc.constantFrom('key' as const, 'tag' as const), name }),
  fc.record({ kind: fc.constant('pattern' as const), name: fc.constantFrom('a*', '*:1', 'a:*:x', 'b:*') }),
);
const raiseOn = (fences: Fences, { kind, name: one }: Raise): void => {
  if (kind === 'key') fences.raiseKey(one);
  else if (kind === 'tag') fences.raiseTag(one);
  else fences.raisePattern(one);
};
const concerns = ({ kind, name: one }: Raise, key: string, tags: readonly string[]): boolean =>
  kind === 'tag' ? tags.includes(one) : matcherOf(one).matches(key);

it('C8 a load is outdated exactly when something that concerns it was invalidated after it began', () => {
  fc.assert(
    fc.property(fc.array(raise, { maxLength: 30 }), fc.nat(30), name, fc.array(name, { maxLength: 2 }), (raises, at, key, tags) => {
      const fences = new Fences();
      const began = Math.min(at, raises.length);
      for (const one of raises) raiseOn(fences, one);
      return fences.hasRisen(began, key, tags) === raises.slice(began).some((one) => concerns(one, key, tags));
    }),
    { numRuns: 5000 },
  );
});

it('C8 what it had to forget costs fills, never a wrong value', () => {
  fc.assert(
    fc.property(fc.array(raise, { maxLength: 40 }), fc.nat(40), name, fc.array(name, { maxLength: 2 }), (raises, at, key, tags) => {
      const fences = new Fences({ names: 2, patterns: 1 });
      const began = Math.min(at, raises.length);
      for (const one of raises) raiseOn(fences, one);
      const isOutdated = raises.slice(began).some((one) => concerns(one, key, tags));
      return !isOutdated || fences.hasRisen(began, key, tags);
    }),
    { numRuns: 5000 },
  );
});

it('C8 a load that began after the last invalidation is never outdated', () => {
  const fences = new Fences({ names: 1, patterns: 1 });
  for (let round = 0; round < 100; round++) fences.raiseKey(`x:${round}`);
  expect(fences.hasRisen(fences.sequence, 'x:99', [])).toBe(false);
  expect(fences.hasRisen(0, 'y:1', [])).toBe(true);
});
