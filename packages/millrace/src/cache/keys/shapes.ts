import { system } from '../../kernel/index.ts';
import { paramsHash } from './canonical.ts';
import { type IdPart, joinKey } from './id.ts';

const bucketMs = 300_000;

/** Any parts joined by `:`, each escaped: `key('user', 42, 'balance')` is `user:42:balance`. */
export const key = (...parts: readonly [IdPart, ...IdPart[]]): string => joinKey(parts);

/** `analysis:{projectId}:{type}` */
export const analysisKey = (projectId: IdPart, type: string): string => joinKey(['analysis', projectId, type]);

/** `user:{userId}:{resource}` */
export const userKey = (userId: IdPart, resource: string): string => joinKey(['user', userId, resource]);

/** `external:{service}:{endpoint}:{paramsHash}`; the hash does not depend on the order of the properties. */
export const externalApiKey = (service: string, endpoint: string, params: unknown): string => joinKey(['external', service, endpoint, paramsHash(params)]);

/** `agg:{type}:{timeframe}:{bucket}`: all moments of the same five minutes share a key. `atMs` is wall time, ms since the epoch. */
export const aggregationKey = (type: string, timeframe: string, atMs: number = system.clock.wallMs()): string =>
  joinKey(['agg', type, timeframe, Math.floor(atMs / bucketMs)]);
