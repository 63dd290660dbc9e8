import { deepEqual, equal, ok } from 'node:assert/strict';
import { type Envelope, type Fence, keptHolder, type LeaseEnd, type Tier, type TierWrite } from '../../cache/index.ts';
import type { CallContext } from '../../kernel/index.ts';
import type { ContractRunner } from './runner.ts';

/** A tier to be judged, empty, and what belongs to it. */
export interface TierUnderTest {
  readonly tier: Tier;
  /** A context for one call. */
  context(): CallContext;
  /** What the tier takes for the wall time. */
  wallMs(): number;
  /** Lets so much time pass. Where it is absent, what needs time is not asked. */
  advance?(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every tier of the cache must do. Call it with the runner's `it` and a function that makes an empty tier; `grantsLeases`: one that has `lease`. */
export function testTier({ it }: ContractRunner, make: () => Promise<TierUnderTest>, options: { readonly grantsLeases?: boolean | undefined } = {}): void {
  const cases = { ...reading, ...dropping, ...fencing, ...hostile, ...(options.grantsLeases ? leasing : {}) };
  for (const [name, check] of Object.entries(cases)) {
    it(name, async () => {
      const subject = new Subject(await make());
      try {
        await check(subject);
      } finally {
        await subject.under.close();
      }
    });
  }
}

type Case = (subject: Subject) => Promise<void>;

/** The tier in the words the cases use. */
class Subject {
  readonly under: TierUnderTest;
  constructor(under: TierUnderTest) {
    this.under = under;
  }

  envelope(value: unknown, more: Partial<Envelope> = {}): Envelope {
    const storedAtMs = this.under.wallMs();
    const times = { storedAtMs, freshUntilMs: storedAtMs + 60_000, staleForMs: 0, graceMs: 0 };
    return { value, ...times, tags: [], version: '1', confidence: undefined, ...more };
  }

  async put(key: string, value: unknown, more: Partial<Envelope> = {}, fence?: Fence): Promise<boolean> {
    const write: TierWrite = { key, envelope: this.envelope(value, more), fence };
    const [stored] = await this.under.tier.set([write], this.under.context());
    return stored === true;
  }

  async values(...keys: string[]): Promise<unknown[]> {
    const { entries } = await this.under.tier.get(keys, this.under.context());
    return entries.map((entry) => entry?.value);
  }

  async lease(holder: string, ...keys: string[]): Promise<string[]> {
    const states = (await this.under.tier.lease?.(keys, holder, 60_000, this.under.context())) ?? [];
    return states.map((state) => (state.is === 'failed' ? `failed: ${state.reason}` : state.is));
  }

  async release(holder: string, end: LeaseEnd, ...keys: string[]): Promise<void> {
    await this.under.tier.release?.(keys, holder, end, this.under.context());
  }

  async fence(): Promise<Fence> {
    return (await this.under.tier.get(['nothing:0'], this.under.context())).fence;
  }

  async held(...keys: string[]): Promise<boolean[]> {
    const { entries } = await this.under.tier.get(keys, this.under.context());
    return entries.map((entry) => entry !== undefined);
  }
}

const reading: Record<string, Case> = {
  'C1 gives what it was given, in the order asked, and nothing for what is not here': async (subject) => {
    await subject.put('product:1', { id: 1 });
    await subject.put('product:2', { id: 2 });
    deepEqual(await subject.values('product:2', 'product:3', 'product:1'), [{ id: 2 }, undefined, { id: 1 }]);
    deepEqual(await subject.held('product:3'), [false]);
  },
  'C2 null, 0, false, the empty text and a known absence are entries': async (subject) => {
    const values = [null, 0, false, '', undefined, []];
    for (const [index, value] of values.entries()) equal(await subject.put(`odd:${index}`, value), true);
    const keys = values.map((_value, index) => `odd:${index}`);
    deepEqual(
      await subject.held(...keys),
      values.map(() => true),
    );
    deepEqual(await subject.values(...keys), values);
  },
  'C4 keeps times, tags, version and confidence beside the value': async (subject) => {
    const given = subject.envelope({ id: 1 }, { staleForMs: 1000, graceMs: 2000, tags: ['a', 'b'], version: '7', confidence: 0.85 });
    await subject.under.tier.set([{ key: 'x:1', envelope: given, fence: undefined }], subject.under.context());
    const { entries } = await subject.under.tier.get(['x:1'], subject.under.context());
    deepEqual(entries[0], given);
  },
  'C1 a second write replaces the first': async (subject) => {
    await subject.put('x:1', 'old', { tags: ['before'] });
    await subject.put('x:1', 'new', { tags: ['after'] });
    await subject.under.tier.invalidate({ tag: 'before' }, subject.under.context());
    deepEqual(await subject.values('x:1'), ['new']);
  },
  'C11 a batch of nothing is fine, and a batch may name a key twice': async (subject) => {
    deepEqual((await subject.under.tier.get([], subject.under.context())).entries, []);
    deepEqual(await subject.under.tier.set([], subject.under.context()), []);
    equal(await subject.under.tier.delete([], subject.under.context()), 0);
    await subject.put('x:1', 1);
    deepEqual(await subject.values('x:1', 'x:1'), [1, 1]);
  },
  'C6 an entry is given until its longest grace is over, and not after': async (subject) => {
    const { advance } = subject.under;
    if (!advance) return;
    await subject.put('x:1', 1, { staleForMs: 1000, graceMs: 5000 });
    await advance(64_999);
    deepEqual(await subject.held('x:1'), [true]);
    await advance(2);
    deepEqual(await subject.held('x:1'), [false]);
  },
  'C15 says how it is, synchronously': async ({ under }) => {
    const { policy, entries, sizeBytes, evictions } = under.tier.stats();
    ok(policy.length > 0 && under.tier.name.length > 0);
    for (const figure of [entries, sizeBytes, evictions]) ok(figure === undefined || figure >= 0);
  },
};

const dropping: Record<string, Case> = {
  'C1 deletes exactly the keys it is told, and counts those that were there': async (subject) => {
    for (const key of ['user:123', 'user:123:balance', 'user:1234']) await subject.put(key, 1);
    equal(await subject.under.tier.delete(['user:123', 'user:999'], subject.under.context()), 1);
    deepEqual(await subject.held('user:123', 'user:123:balance', 'user:1234'), [false, true, true]);
  },
  'C7 a key goes with all below it, and never with its neighbour': async (subject) => {
    for (const key of ['user:123', 'user:123:balance', 'user:123:a:b', 'user:1234', 'user:12', 'user']) await subject.put(key, 1);
    equal(await subject.under.tier.invalidate({ key: 'user:123' }, subject.under.context()), 3);
    deepEqual(await subject.held('user:123', 'user:123:balance', 'user:123:a:b', 'user:1234', 'user:12', 'user'), [false, false, false, true, true, true]);
  },
  'C7 a tag drops what carries it': async (subject) => {
    await subject.put('x:1', 1, { tags: ['category:7', 'sale'] });
    await subject.put('x:2', 2, { tags: ['category:70'] });
    await subject.put('x:3', 3);
    equal(await subject.under.tier.invalidate({ tag: 'category:7' }, subject.under.context()), 1);
    deepEqual(await subject.held('x:1', 'x:2', 'x:3'), [false, true, true]);
  },
  'C7 a pattern knows only the star': async (subject) => {
    for (const key of ['query:a.c', 'query:abc', 'query:(a+)+', 'other:a.c']) await subject.put(key, 1);
    equal(await subject.under.tier.invalidate({ pattern: 'query:a.*' }, subject.under.context()), 1);
    deepEqual(await subject.held('query:a.c', 'query:abc', 'query:(a+)+', 'other:a.c'), [false, true, true, true]);
  },
  'C7 an entity goes as a whole': async (subject) => {
    for (const key of ['product:1', 'product:1:price', 'products:1']) await subject.put(key, 1);
    equal(await subject.under.tier.invalidate({ entity: 'product' }, subject.under.context()), 2);
    deepEqual(await subject.held('product:1', 'product:1:price', 'products:1'), [false, false, true]);
  },
};

const fencing: Record<string, Case> = {
  'C8 a fill lands when nothing happened since its fence': async (subject) => {
    const fence = await subject.fence();
    equal(await subject.put('x:1', 'loaded', {}, fence), true);
    deepEqual(await subject.values('x:1'), ['loaded']);
  },
  'C8 no fill beats a newer invalidation of its key, of what is above it, of its tag, pattern or entity': async (subject) => {
    const targets = [{ key: 'x:1:a' }, { key: 'x:1' }, { tag: 't' }, { pattern: 'x:*:a' }, { entity: 'x' }] as const;
    for (const target of targets) {
      const fence = await subject.fence();
      await subject.under.tier.invalidate(target, subject.under.context());
      equal(await subject.put('x:1:a', 'old', { tags: ['t'] }, fence), false, JSON.stringify(target));
      deepEqual(await subject.held('x:1:a'), [false], JSON.stringify(target));
    }
  },
  'C8 no fill beats a newer delete, or a newer write': async (subject) => {
    const before = await subject.fence();
    await subject.under.tier.delete(['x:1'], subject.under.context());
    equal(await subject.put('x:1', 'old', {}, before), false);
    const beforeWrite = await subject.fence();
    await subject.put('x:1', 'new');
    equal(await subject.put('x:1', 'old', {}, beforeWrite), false);
    deepEqual(await subject.values('x:1'), ['new']);
  },
  'C8 an invalidation elsewhere does not keep a fill out': async (subject) => {
    const fence = await subject.fence();
    for (const target of [{ key: 'x:2' }, { key: 'x:12' }, { tag: 'other' }, { pattern: 'y:*' }, { entity: 'xx' }] as const) {
      await subject.under.tier.invalidate(target, subject.under.context());
    }
    equal(await subject.put('x:1', 'loaded', { tags: ['t'] }, fence), true);
  },
};

const leasing: Record<string, Case> = {
  'C5 one holder at a time loads a key, and may ask again': async (subject) => {
    deepEqual(await subject.lease('aa', 'x:1', 'x:2'), ['granted', 'granted']);
    deepEqual(await subject.lease('bb', 'x:1', 'x:3'), ['held', 'granted']);
    deepEqual(await subject.lease('aa', 'x:1'), ['granted']);
  },
  'C5 a lease that was given back is free, and only its holder gives it back': async (subject) => {
    await subject.lease('aa', 'x:1');
    await subject.release('bb', { is: 'kept' }, 'x:1');
    deepEqual(await subject.lease('bb', 'x:1'), ['held']);
    await subject.release('aa', { is: 'free' }, 'x:1');
    deepEqual(await subject.lease('bb', 'x:1'), ['granted']);
  },
  'C5 whoever asks just after a value was kept is told so, looks again, and may load it when it is gone': async (subject) => {
    await subject.lease('aa', 'x:1');
    await subject.release('aa', { is: 'kept' }, 'x:1');
    deepEqual(await subject.lease('bb', 'x:1'), ['kept']);
    await subject.release(keptHolder, { is: 'free' }, 'x:1');
    deepEqual(await subject.lease('bb', 'x:1'), ['granted']);
  },
  'C5 what a holder says of its load is what the next ones hear for a moment': async (subject) => {
    await subject.lease('aa', 'x:1', 'x:2');
    await subject.release('aa', { is: 'failed', reason: "it's broken: ü" }, 'x:1');
    await subject.release('aa', { is: 'alone' }, 'x:2');
    deepEqual(await subject.lease('bb', 'x:1', 'x:2'), ["failed: it's broken: ü", 'alone']);
  },
};

const hostile: Record<string, Case> = {
  'X4 names of the language are keys and fields like any other': async (subject) => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    for (const key of ['__proto__', 'constructor:prototype', '__proto__:__proto__']) {
      equal(await subject.put(key, value), true);
      deepEqual(await subject.values(key), [value]);
      equal(await subject.under.tier.delete([key], subject.under.context()), 1);
    }
    equal(({} as Record<string, unknown>)['polluted'], undefined);
  },
  'X4 keys with spaces, line breaks, quotes and other scripts stay apart': async (subject) => {
    const keys = ['a b', 'a\r\nb', "a'b", 'a"b', 'a\\b', 'ключ:ä', '键:🗝', 'a\u0000b', 'k'.repeat(1000)];
    for (const [index, key] of keys.entries()) await subject.put(key, index);
    deepEqual(
      await subject.values(...keys),
      keys.map((_key, index) => index),
    );
  },
};
