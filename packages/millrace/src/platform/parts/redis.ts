import { type CachePorts, RedisTier, redisTransport } from '../../cache/index.ts';
import type { EventSink, System } from '../../kernel/index.ts';
import { Redis, type RedisEvents } from '../../redis/index.ts';
import type { ResolvedSettings } from '../settings/index.ts';

/** Redis, where one is set; it is started before the cache and stopped after it. */
export function makeRedis(settings: ResolvedSettings, system: System, events: EventSink<RedisEvents>): Redis | undefined {
  const url = settings.get<string | undefined>('redisUrl');
  const nodes = settings.get<readonly string[]>('redis.nodes');
  if (url === undefined && nodes.length === 0) return undefined;
  const options = {
    ...{ url, connections: settings.get<number>('redis.connections'), commandTimeout: settings.get<number>('redis.commandTimeout') },
    nodes: nodes.length === 0 ? undefined : nodes,
  };
  return new Redis(options, { system, events });
}

/** What the cache gets of it: a tier that all processes share, and the channel between them. */
export function sharedBy(redis: Redis | undefined, settings: ResolvedSettings): Pick<CachePorts, 'tiers' | 'bus'> {
  if (!redis) return {};
  const prefix = `${settings.get<string>('service')}:`;
  const shards = settings.get<readonly string[]>('redis.nodes').length > 0 ? 16 : 1;
  return { tiers: [new RedisTier(redis, { prefix, shards })], bus: redisTransport(redis, `${prefix}invalidations`) };
}
