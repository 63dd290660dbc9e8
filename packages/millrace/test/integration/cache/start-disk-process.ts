// A process of its own with a disk tier. Told what to do in lines of JSON, it answers in lines of JSON; `churn` writes and drops until it is killed.
import { createInterface } from 'node:readline';
import { entry, makeDiskTier, request } from './disk-support.ts';

const [directory = '', size = '64MiB'] = process.argv.slice(2);
const tier = await makeDiskTier({ directory, size: size as '64MiB' });
const tell = (answer: unknown): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Writes twenty, drops five of them, says which once that is acknowledged. */
async function churn(): Promise<never> {
  for (let round = 0; ; round++) {
    const keys = Array.from({ length: 20 }, (_, at) => `churn:${round}:${at}`);
    await tier.set(
      keys.map((key) => entry(key, `value of ${key}`, { tags: [`round:${round}`] })),
      request(),
    );
    const dropped = keys.slice(0, 5);
    await tier.delete(dropped, request());
    if (round % 3 === 0) await tier.invalidate({ tag: `round:${round}` }, request());
    tell({ dropped: round % 3 === 0 ? keys : dropped });
  }
}

tell({ ready: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  const { call, key, value, fence } = JSON.parse(line) as { call: string; key: string; value?: string; fence?: string };
  if (call === 'churn') void churn();
  else if (call === 'get') {
    const answer = await tier.get([key], request());
    tell({ value: answer.entries[0]?.value ?? null, fence: answer.fence });
  } else if (call === 'set') tell({ stored: await tier.set([{ ...entry(key, value), fence }], request()) });
  else tell({ dropped: await tier.invalidate({ key }, request()) });
}
await tier.stop();
