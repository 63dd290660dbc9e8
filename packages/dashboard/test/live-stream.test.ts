import { describe, expect, it } from 'vitest';
import type { Point, Series } from '../../millrace/src/monitoring/api/schema.ts';
import { eventParser } from '../src/state/event-source.ts';
import { grow } from '../src/state/grow.ts';
import { type LiveStatus, liveStream, retryDelayMs, type StreamPorts } from '../src/state/live-stream.ts';
import { sinceStart } from '../src/state/since-start.ts';
import { Model } from './server/model.ts';

/** A clock that only moves when told, and connections that only say what the test says. */
class World implements StreamPorts {
  atMs = 0;
  readonly opened: { after: string | undefined; closed: boolean; event(name: string, data: string, id: string): void; failed(): void }[] = [];
  readonly seen: string[] = [];
  readonly states: LiveStatus[] = [];
  readonly #due: { atMs: number; task: () => void }[] = [];
  readonly stream = liveStream(
    this,
    (name) => this.seen.push(name),
    (status) => this.states.push(status),
  );
  open(after: string | undefined, handlers: Parameters<StreamPorts['open']>[1]): { close(): void } {
    const one = { after, closed: false, event: handlers.event, failed: handlers.failed };
    this.opened.push(one);
    return {
      close: () => {
        one.closed = true;
      },
    };
  }
  nowMs(): number {
    return this.atMs;
  }
  random(): number {
    return 0;
  }
  after(ms: number, task: () => void): () => void {
    const one = { atMs: this.atMs + ms, task };
    this.#due.push(one);
    return () => {
      const place = this.#due.indexOf(one);
      if (place >= 0) this.#due.splice(place, 1);
    };
  }
  pass(ms: number): void {
    const until = this.atMs + ms;
    for (;;) {
      const next = this.#due.filter((one) => one.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.atMs = next.atMs;
      this.#due.splice(this.#due.indexOf(next), 1);
      next.task();
    }
    this.atMs = until;
  }
  get last(): World['opened'][number] {
    const one = this.opened.at(-1);
    if (!one) throw new Error('nothing was opened');
    return one;
  }
  get state(): string | undefined {
    return this.states.at(-1)?.state;
  }
}

describe('the live stream', () => {
  it('W3 resumes after the last event it saw', () => {
    const world = new World();
    world.stream.start();
    expect(world.last.after).toBeUndefined();
    world.last.event('tick', '{}', '41');
    world.last.failed();
    world.pass(1_000);
    expect(world.opened).toHaveLength(2);
    expect(world.last.after).toBe('41');
  });
  it('W3 waits 1, 2, 4 … 30 s between tries, and a success starts over', () => {
    const world = new World();
    world.stream.start();
    const tries: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      world.last.failed();
      const before = world.atMs;
      const many = world.opened.length;
      while (world.opened.length === many) world.pass(500);
      tries.push(world.atMs - before);
    }
    expect(tries).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    world.last.event('tick', '{}', '1');
    world.last.failed();
    world.pass(1_000);
    expect(world.opened).toHaveLength(9);
  });
  it('W3 the wait is shortened by chance, but never below a second', () => {
    expect([0, 1, 5, 40].map((attempt) => retryDelayMs(attempt, 1))).toEqual([1_000, 1_000, 15_000, 15_000]);
    expect(retryDelayMs(40, 0)).toBe(30_000);
  });
  it('W3 figures are stale after 5 s of silence, and an open but silent connection is given up after 15 s', () => {
    const world = new World();
    world.stream.start();
    world.last.event('tick', '{}', '1');
    expect(world.state).toBe('live');
    world.pass(4_999);
    expect(world.state).toBe('live');
    world.pass(1);
    expect(world.state).toBe('stale');
    expect(world.opened[0]?.closed).toBe(false);
    world.pass(10_000);
    expect(world.opened[0]?.closed).toBe(true);
    world.pass(1_000);
    world.last.event('tick', '{}', '2');
    expect(world.state).toBe('live');
  });
  it('W3 rests after 30 s in a hidden tab and comes back with it', () => {
    const world = new World();
    world.stream.start();
    world.last.event('tick', '{}', '7');
    world.stream.visible(false);
    for (let second = 0; second < 29; second += 1) {
      world.pass(1_000);
      world.last.event('tick', '{}', '8');
    }
    expect(world.last.closed).toBe(false);
    world.pass(1_000);
    expect([world.last.closed, world.state]).toEqual([true, 'resting']);
    world.pass(120_000);
    expect(world.opened).toHaveLength(1);
    world.stream.visible(true);
    expect(world.opened).toHaveLength(2);
    expect(world.last.after).toBe('8');
  });
  it('W3 a look at another tab shorter than that costs nothing', () => {
    const world = new World();
    world.stream.start();
    world.stream.visible(false);
    world.pass(20_000);
    world.stream.visible(true);
    const many = world.opened.length;
    world.last.event('tick', '{}', '1');
    world.pass(4_000);
    expect(world.opened).toHaveLength(many);
  });
  it('W3 what a closed connection still says is not heard', () => {
    const world = new World();
    world.stream.start();
    const old = world.last;
    old.failed();
    old.event('tick', '{}', '9');
    expect(world.seen).toEqual([]);
    world.stream.stop();
    world.pass(60_000);
    expect(world.opened).toHaveLength(1);
  });
});

describe('the event format', () => {
  const parse = (pieces: readonly string[]): string[][] => {
    const found: string[][] = [];
    const feed = eventParser((name, data, id) => found.push([name, data, id]));
    pieces.forEach(feed);
    return found;
  };
  it('W3 reads events however the network cuts them', () => {
    const text = ': hello\n\nid: 4\nevent: tick\ndata: {"a":1}\n\nid: 5\r\nevent: alert\r\ndata: one\r\ndata: two\r\n\r\ndata:bare\n\n';
    const expected = [
      ['tick', '{"a":1}', '4'],
      ['alert', 'one\ntwo', '5'],
      ['message', 'bare', '5'],
    ];
    expect(parse([text])).toEqual(expected);
    expect(parse([...text])).toEqual(expected);
  });
  it('W3 gives up an event without an end instead of keeping it', () => {
    const feed = eventParser(() => {});
    expect(() => {
      for (let piece = 0; piece < 50; piece += 1) feed('x'.repeat(100_000));
    }).toThrow('longer than any');
  });
});

describe('the past of a young service', () => {
  const series: Series = new Model({ trouble: false, quiet: false }).series('5m', 1_700_000_000_000);
  const empty: Series = { ...series, ratePerSecond: series.timesMs.map((_, index) => (index < 200 ? null : 5)) };
  it('M4 begins with its start, so that a page is full soon after it', () => {
    const cut = sinceStart(empty, series.timesMs[200]);
    expect([cut.timesMs[0], cut.timesMs.length, cut.heat.columns.length, cut.busy.own.length]).toEqual([series.timesMs[200], 100, 100, 100]);
  });
  it('M4 is whole when the service is older than the range, and never shorter than twelve points', () => {
    expect(sinceStart(series, 0)).toBe(series);
    expect(sinceStart({ ...empty, ratePerSecond: series.timesMs.map(() => null) }, 1_700_000_000_000).timesMs).toHaveLength(12);
  });
});

describe('a history that grows by the second', () => {
  const model = new Model({ trouble: false, quiet: false });
  const series: Series = model.series('5m', 1_700_000_000_000);
  const last = series.timesMs.at(-1) ?? 0;
  const after = (ms: number): Point => ({ ...model.point(last + ms), timeMs: last + ms });
  it('M4 takes one more point and lets the oldest go', () => {
    const next = grow(series, after(1_000));
    expect(next.timesMs).toHaveLength(series.timesMs.length);
    expect([next.timesMs[0], next.timesMs.at(-1)]).toEqual([series.timesMs[1], last + 1_000]);
    expect(next.heat.columns).toHaveLength(series.heat.columns.length);
  });
  it('M4 missed seconds become a gap, and an old point changes nothing', () => {
    const next = grow(series, after(4_000));
    expect(next.p95Ms.slice(-4, -1)).toEqual([null, null, null]);
    expect(next.heat.columns.slice(-4, -1)).toEqual([null, null, null]);
    expect(next.timesMs.slice(-4)).toEqual([1, 2, 3, 4].map((second) => last + second * 1_000));
    expect(grow(series, after(0))).toBe(series);
  });
});
