import { describe, expect, expectTypeOf, it } from 'vitest';
import type { EventSink } from '../../kernel/index.ts';
import { settle } from '../../testing/index.ts';
import { EventHub } from './index.ts';

interface PoolEvents {
  'pool.opened': { readonly host: string };
}
interface AllEvents extends PoolEvents {
  'cache.filled': { readonly entity: string };
}

describe('EventHub', () => {
  it('does not even build an event that nobody listens to', () => {
    const hub = new EventHub<AllEvents>();
    let built = 0;
    hub.emit('pool.opened', () => ({ host: String(++built) }));
    expect(built).toBe(0);
  });

  it('tells each listener of that name, and those of every name, once', () => {
    const hub = new EventHub<AllEvents>();
    const seen: unknown[] = [];
    hub.on('pool.opened', ({ host }) => seen.push(host));
    hub.onAny((name, event) => seen.push([name, event]));
    hub.emit('pool.opened', () => ({ host: 'a' }));
    hub.emit('cache.filled', () => ({ entity: 'product' }));
    expect(seen).toEqual(['a', ['pool.opened', { host: 'a' }], ['cache.filled', { entity: 'product' }]]);
  });

  it('tells nobody any more who took the listening back', () => {
    const hub = new EventHub<AllEvents>();
    let heard = 0;
    const listener = (): void => void heard++;
    const [forget, forgetAny] = [hub.on('pool.opened', listener), hub.onAny(listener)];
    hub.on('pool.opened', listener);
    forget();
    forgetAny();
    hub.emit('pool.opened', () => ({ host: 'a' }));
    expect(heard).toBe(1);
  });

  it('M1 a listener that throws or rejects hurts neither the caller nor the other listeners, and is counted and reported', async () => {
    const failures: unknown[] = [];
    const hub = new EventHub<AllEvents>((name, error) => failures.push([name, String(error)]));
    let heard = 0;
    hub.on('pool.opened', () => {
      throw new Error('thrown');
    });
    hub.on('pool.opened', async () => {
      throw new Error('rejected');
    });
    hub.on('pool.opened', () => heard++);
    expect(() => hub.emit('pool.opened', () => ({ host: 'a' }))).not.toThrow();
    await settle();
    expect(heard).toBe(1);
    expect(hub.failures).toBe(2);
    expect(failures).toEqual([
      ['pool.opened', 'Error: thrown'],
      ['pool.opened', 'Error: rejected'],
    ]);
  });

  it('survives an event that cannot be built and a report that throws', () => {
    const hub = new EventHub<AllEvents>(() => {
      throw new Error('no log');
    });
    hub.on('pool.opened', () => {});
    hub.emit('pool.opened', () => {
      throw new Error('no event');
    });
    expect(hub.failures).toBe(2);
  });

  it('refuses the hundred and first listener of one name: somebody forgets to stop listening', () => {
    const hub = new EventHub<AllEvents>();
    for (let count = 0; count < 100; count++) hub.on('pool.opened', () => {});
    expect(() => hub.on('pool.opened', () => {})).toThrow(expect.objectContaining({ code: 'MILLRACE_LISTENERS', limit: 100 }));
  });

  it('serves as the sink of a part that knows only its own events', () => {
    const sink: EventSink<PoolEvents> = new EventHub<AllEvents>();
    expectTypeOf(sink.emit).toBeFunction();
  });
});
