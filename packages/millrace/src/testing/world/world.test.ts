import { expect, it } from 'vitest';
import { seededRandom } from '../test-system.ts';
import { StalenessChecker, sees, WorldClock, WorldNetwork, WorldStore } from './index.ts';

it('X2 the same seed gives the same run, another seed another', async () => {
  const trace = async (seed: number): Promise<string> => {
    const clock = new WorldClock();
    const random = seededRandom(seed);
    const network = new WorldNetwork(clock, random);
    const link = network.link();
    const seen: string[] = [];
    for (let at = 0; at < 50; at++) clock.after(random.next() * 100, () => link.send(() => seen.push(`${at}@${clock.monotonicMs().toFixed(3)}`)));
    await clock.run(1000);
    return seen.join(' ');
  };
  expect(await trace(1)).toBe(await trace(1));
  expect(await trace(1)).not.toBe(await trace(2));
});

it('X2 time runs in order, cancelled tasks do not run, and a link keeps its order', async () => {
  const clock = new WorldClock();
  const seen: number[] = [];
  const random = seededRandom(3);
  const planned = Array.from({ length: 300 }, () => Math.floor(random.next() * 1000));
  for (const ms of planned) clock.after(ms, () => seen.push(ms));
  clock.after(5, () => seen.push(-1))();
  const link = new WorldNetwork(clock, random, { slowRatio: 0.3 }).link();
  const arrived: number[] = [];
  for (let at = 0; at < 100; at++) link.send(() => arrived.push(at));
  await clock.run(2000);
  expect(seen).toEqual([...planned].sort((a, b) => a - b));
  expect(arrived).toEqual(Array.from({ length: 100 }, (_, at) => at));
});

it('X2 a cut loses what is on its way and tells both ends', async () => {
  const clock = new WorldClock();
  const network = new WorldNetwork(clock, seededRandom(4), { usualMs: 10, slowRatio: 0 });
  const link = network.link();
  const seen: string[] = [];
  link.onCut(() => seen.push('cut'));
  link.send(() => seen.push('lost'));
  link.cut();
  link.send(() => seen.push('refused'));
  await clock.run(100);
  link.heal();
  link.send(() => seen.push('after'));
  await clock.run(100);
  expect(seen).toEqual(['cut', 'after']);
  expect(network.counts).toMatchObject({ delivered: 1, lost: 2, cuts: 1 });
});

it('X2 a commit is in the log before it is visible, and a snapshot knows which it was', async () => {
  const clock = new WorldClock();
  const store = new WorldStore(clock, seededRandom(5));
  let oldReads = 0;
  store.follow(({ xid, changes }) => {
    const snapshot = store.snapshot();
    const [change] = changes;
    if (!sees(snapshot, xid)) oldReads++;
    expect(store.read('a', snapshot).version).toBe(sees(snapshot, xid) ? change?.after.version : change?.before.version);
  });
  for (let write = 0; write < 50; write++) {
    void store.commit({ a: `g${write}` });
    await clock.run(30);
  }
  expect(store.lateCommits).toBeGreaterThan(10);
  expect(oldReads).toBe(50);
  expect(store.read('a')).toEqual({ key: 'a', version: 50, group: 'g49' });
});

it('X2 the judge finds an answer past its bound and an own write not seen, and lets the rest pass', () => {
  const judge = new StalenessChecker();
  judge.becameVisible('a', 1, 0);
  judge.becameVisible('a', 2, 1000);
  const read = (version: number, startMs: number, reader = 'p1') => ({ reader, key: 'a', version, startMs });
  judge.judge(read(1, 900), 5000);
  judge.judge(read(1, 5999), 5000);
  expect(judge.report()).toMatchObject({ reads: 2, old: 1, worstMs: 4999, violations: [] });
  judge.judge(read(1, 6001), 5000);
  judge.acknowledged('p2', 'a', 2);
  judge.judge(read(1, 1001, 'p2'), 5000, judge.floorOf('p2', 'a'));
  expect(judge.report().violations).toMatchObject([
    { reader: 'p1', staleMs: 5001 },
    { reader: 'p2', boundMs: 0 },
  ]);
});
