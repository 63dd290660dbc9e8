export interface RedisEvents {
  /** Once per change of state, not once per attempt. */
  'redis.connection.lost': { readonly node: string; readonly reason: string };
  'redis.connection.restored': { readonly node: string; readonly downMs: number };
  /** Commands timed out one after the other: the socket was destroyed, since nobody knows what is still in it. */
  'redis.connection.destroyed': { readonly node: string; readonly timeouts: number };
}
