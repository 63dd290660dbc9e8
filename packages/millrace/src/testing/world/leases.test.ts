import { expect, it } from 'vitest';
import { liveLeases, ServerThatLooksFirst } from './index.ts';

const seeds = Array.from({ length: 400 }, (_, at) => at + 1);

it('X2 C5 in 400 lives of a fleet on one cold key there is one load, and one more for each holder that is killed or stands still; everybody is answered', {
  timeout: 60_000,
}, async () => {
  let [loads, lost, callers] = [0, 0, 0];
  const failed: string[] = [];
  for (const seed of seeds) {
    const life = await liveLeases({ seed });
    loads += life.loads;
    lost += life.lost;
    callers += life.callers;
    for (const problem of life.problems) failed.push(`seed ${seed}: ${problem}`);
  }
  console.log(`400 cold keys: ${callers} callers, ${loads} loads, ${lost} holders lost in the middle`);
  expect(failed.slice(0, 3)).toEqual([]);
  expect(lost).toBeGreaterThan(200);
});

it("X2 C5 the planted bug is found: a holder's death that leaves two loads", { timeout: 60_000 }, async () => {
  const found: number[] = [];
  for (const seed of seeds.slice(0, 200)) if ((await liveLeases({ seed, tierServer: ServerThatLooksFirst })).problems.length > 0) found.push(seed);
  console.log(`found in ${found.length} of 200 lives, first by seed ${found[0]}`);
  expect(found.length).toBeGreaterThan(0);
});
