import { createCache } from 'millrace/cache';
import { countingIds, StalenessChecker, seededRandom, WorldBus, WorldClock, WorldNetwork, WorldProcess, WorldStore } from 'millrace/testing';

/** One life of two processes that share a bus; the same seed is the same life. How old an answer was at most, ms, and what was past its bound. */
export async function live(seed: number, boundMs: number) {
  const clock = new WorldClock();
  const random = seededRandom(seed);
  const network = new WorldNetwork(clock, random);
  const store = new WorldStore(clock, random);
  const bus = new WorldBus(network, random);
  const judge = new StalenessChecker();
  store.onVisible(({ key, after }, atMs) => judge.becameVisible(key, after.version, atMs));

  const processes = ['one', 'two'].map((name) => {
    const process = new WorldProcess(name, clock, random, { ...countingIds(), hex: () => name });
    const way = bus.join(process);
    const cache = createCache({}, { system: process.system, bus: way });
    const rows = cache.entity('row', async (ids: readonly string[]) => ids.map((id) => ({ id, version: store.read(id).version })), { key: (row) => row.id });
    void cache.start();
    return { name, process, way, rows };
  });
  const [one, two] = processes as [(typeof processes)[0], (typeof processes)[0]];

  const read = async ({ name, rows }: typeof one): Promise<void> => {
    const startMs = clock.monotonicMs();
    const row = await rows.get('a');
    judge.judge({ reader: name, key: 'a', version: row?.version ?? 0, startMs }, boundMs);
  };
  const write = async (): Promise<void> => {
    await store.commit({ a: 'group' });
    await one.rows.invalidate('a');
  };
  for (let at = 0; at < 100; at++) clock.after(random.next() * 20_000, () => void two.process.receive('requests', () => void read(two)));
  for (let at = 0; at < 10; at++) clock.after(random.next() * 10_000, () => void write());
  clock.after(3000, () => two.way.cut('down')); // it hears nothing for a while
  clock.after(9000, () => two.way.heal());
  await clock.run(20_000);
  return judge.report();
}
