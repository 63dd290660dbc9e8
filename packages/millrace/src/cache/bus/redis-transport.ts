import type { Redis } from '../../redis/index.ts';
import type { BusTransport } from './transport.ts';

/** Redis pub/sub as the channel: a message each few ms at most, whatever is invalidated. */
export const redisTransport = (redis: Redis, channel = 'millrace:invalidations'): BusTransport => ({
  name: 'redis',
  async publish(message) {
    await redis.publish(channel, message);
  },
  subscribe: (listener) => redis.subscribe(channel, listener),
  onRestored: (listener) => redis.onConnected(listener),
});
