import { describe, expect, it } from 'vitest';
import { testSystem } from '../../testing/index.ts';
import type { Snapshot } from '../api/schema.ts';
import { EventStream } from './index.ts';

const snapshot = { metrics: { atMs: 1 } } as unknown as Snapshot;

function world(mostReaders = 3, mostWaitingBytes = 16_384): { on: ReturnType<typeof testSystem>; stream: EventStream; dropped: number[] } {
  const on = testSystem();
  const dropped: number[] = [];
  const stream = new EventStream({
    clock: on.clock,
    run: 'r1',
    mostReaders,
    mostWaitingBytes,
    snapshot: () => snapshot,
    onDropped: (bytes) => dropped.push(bytes),
  });
  return { on, stream, dropped };
}

const reader = (stream: EventStream, lastId?: string): AsyncIterator<string> => stream.open(lastId)[Symbol.asyncIterator]();
const head = async (from: AsyncIterator<string>): Promise<string> => String((await from.next()).value).split('\ndata')[0] as string;

describe('event stream', () => {
  it('M4 starts with a snapshot and goes on with what changed, each with its id', async () => {
    const { stream } = world();
    const one = reader(stream);
    expect(await head(one)).toBe('id: r1.0\nevent: snapshot');
    const waiting = head(one);
    stream.send('tick', { atMs: 2 });
    expect(await waiting).toBe('id: r1.1\nevent: tick');
  });

  it('M4 a reader that comes back gets what it missed, and nothing twice', async () => {
    const { stream } = world();
    for (let tick = 1; tick <= 5; tick++) stream.send('tick', { atMs: tick });
    const one = reader(stream, 'r1.3');
    expect([await head(one), await head(one)]).toEqual(['id: r1.4\nevent: tick', 'id: r1.5\nevent: tick']);
    const upToDate = reader(stream, 'r1.5');
    const waiting = head(upToDate);
    stream.send('tick', { atMs: 6 });
    expect(await waiting).toBe('id: r1.6\nevent: tick');
  });

  it('M4 a reader that was away too long, or knew another run, gets a snapshot', async () => {
    const { stream } = world(9);
    for (let tick = 1; tick <= 100; tick++) stream.send('tick', { atMs: tick });
    for (const id of ['r1.20', 'r0.99', 'r1.101', 'r1.x', 'nonsense', ''])
      expect([id, await head(reader(stream, id))]).toEqual([id, 'id: r1.100\nevent: snapshot'].map(String));
  });

  it('X7 refuses one reader too many, and takes the next when one has left', async () => {
    const { stream } = world(2);
    const [one] = [reader(stream), reader(stream)];
    expect(() => stream.open(undefined)).toThrow(expect.objectContaining({ code: 'MILLRACE_STREAMS_FULL', status: 503 }));
    await one?.return?.();
    expect(stream.readers).toBe(1);
    expect(await head(reader(stream))).toContain('snapshot');
  });

  it('X7 drops a reader that takes nothing before it fills the memory; the others go on', async () => {
    const { stream, dropped } = world(3, 2_000);
    const [slow, quick] = [reader(stream), reader(stream)];
    for (let tick = 0; tick < 100; tick++) {
      stream.send('tick', { atMs: tick });
      await quick.next();
    }
    expect(dropped).toHaveLength(1);
    expect(dropped[0]).toBeLessThan(2_200);
    expect(await slow.next()).toEqual({ value: undefined, done: true });
    expect(stream.readers).toBe(1);
  });

  it('X7 sends a heartbeat every 15 seconds', async () => {
    const { stream, on } = world();
    stream.start();
    const one = reader(stream);
    await one.next();
    await on.clock.advance(15_000);
    expect((await one.next()).value).toMatch(/^:/);
    stream.stop();
    expect(on.clock.pending).toBe(0);
  });

  it('M4 says good-bye and ends every stream on stop', async () => {
    const { stream } = world();
    const one = reader(stream);
    await one.next();
    stream.stop();
    expect(await head(one)).toContain('event: bye');
    expect((await one.next()).done).toBe(true);
  });

  it('M4 is watched while somebody reads and a minute longer', async () => {
    const { stream, on } = world();
    expect(stream.isWatched).toBe(false);
    const one = reader(stream);
    expect(stream.isWatched).toBe(true);
    await one.return?.();
    await on.clock.advance(59_999);
    expect(stream.isWatched).toBe(true);
    await on.clock.advance(1);
    expect(stream.isWatched).toBe(false);
  });
});
