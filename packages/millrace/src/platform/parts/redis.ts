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
    mode: nodes.length > 0 && settings.get<string>('redis.mode') === 'sentinel' ? ('sentinel' as const) : undefined,
    masterName: settings.get<string>('redis.masterName'),
  };
  return new Redis(options, { system, events });
}
