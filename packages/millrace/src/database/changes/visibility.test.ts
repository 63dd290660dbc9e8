import { expect, it } from 'vitest';
import { seededRandom, WorldClock, WorldStore } from '../../testing/index.ts';
import { VisibilityGuard } from './visibility.ts';

/** A cache over a store that logs a commit before it is visible: one key, fences as the real one has them. */
async function live(seed: number, isGuarded: boolean): Promise<{ readonly left: boolean; readonly late: number }> {
  const clock = new WorldClock();
  const random = seededRandom(seed);
  const store = new WorldStore(clock, random, { visibleWithinMs: 20 });
  let [cached, fence, late] = [-1, 0, 0];
  const invalidate = (): void => {
    cached = -1;
    fence++;
  };
  const load = (): void => {
    const since = fence;
    const { version } = store.read('a');
    clock.after(random.next() * 3, () => {
      if (since === fence) cached = version;
    });
  };
  const guard = new VisibilityGuard<string>({
    clock,
    snapshot: () => new Promise((resolve) => clock.after(random.next() * 2, () => resolve(store.snapshot()))),
    apply: invalidate,
    onLate: () => late++,
  });
  store.follow(({ xid, changes }) =>
    clock.after(random.next(), () => {
      if (isGuarded) guard.committed(Number(xid), [changes[0]?.key ?? '']);
      else invalidate();
    }),
  );
  void guard.run();
  for (let write = 0; write < 3; write++) {
    clock.after(random.next() * 100, () => void store.commit({ a: 'g' }));
    for (let read = 0; read < 30; read++) clock.after(random.next() * 150, () => cached < 0 && load());
  }
  await clock.run(500);
  guard.stop();
  return { left: cached >= 0 && cached !== store.read('a').version, late };
}

it('C8 no load between the log and visibility leaves an old row behind, in 300 lives; with the first application alone it does', async () => {
  const [guarded, planted] = [{ left: 0, late: 0 }, { left: 0 }];
  for (let seed = 1; seed <= 300; seed++) {
    const life = await live(seed, true);
    guarded.left += Number(life.left);
    guarded.late += life.late;
    planted.left += Number((await live(seed, false)).left);
  }
  expect(guarded.left).toBe(0);
  expect(guarded.late).toBeGreaterThan(100);
  expect(planted.left).toBeGreaterThan(10);
});
