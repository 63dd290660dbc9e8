export type { RedisArgument, RedisReply } from './client/port.ts';
export { NoRedisClientError, RedisReplyError, RedisUnavailableError, type ReplyClass, redisErrors } from './errors.ts';
export type { RedisEvents } from './events.ts';
export type { Lock } from './locks/lock.ts';
export type { RedisOptions } from './options.ts';
export { Redis, type RedisPorts, type RedisStats } from './redis.ts';
export { Script } from './scripts/script.ts';
