import { createCache, DiskTier } from 'millrace/cache';

/** All processes of this host that name the directory share the file. */
export const disk = new DiskTier({ directory: './cache', size: '512MiB' });
await disk.start();

export const cache = createCache({ tierBudget: '50ms' }, { tiers: [disk] });

export async function stop(): Promise<void> {
  await cache.stop();
  await disk.stop();
}
