import { createCache } from 'millrace/cache';

interface User {
  readonly id: number;
  readonly name: string;
}
const readUsers = async (ids: readonly number[], { signal }: { signal: AbortSignal }): Promise<User[]> => {
  const answer = await fetch(`https://users.example/?ids=${ids.join(',')}`, { signal });
  return (await answer.json()) as User[];
};

// new LRUCache({ max: 5000, maxSize: 64 * 1024 * 1024, sizeCalculation, ttl: 300_000, allowStale: true, fetchMethod })
const cache = createCache({ memory: { size: '64MiB', maxEntries: 5000 } });
export const user = cache.entity('user', readUsers, { key: (row) => row.id, ttl: '5m', staleFor: '1m' });

console.log(await user.get(1)); // cache.fetch(1)
console.log(user.peek(1)); // cache.get(1): synchronous, loads nothing
await user.set(2, { id: 2, name: 'Ada' }); // cache.set(2, …)
await user.invalidate(2); // cache.delete(2)
await cache.cacheInvalidate('user:*'); // cache.clear()
