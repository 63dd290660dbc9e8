import type { CacheEvents, DiskTierEvents } from '../cache/index.ts';
import type { DatabaseEvents, EmbeddedEvents } from '../database/index.ts';
import type { HttpEvents } from '../http/index.ts';
import type { MonitoringEvents } from '../monitoring/index.ts';
import type { RedisEvents } from '../redis/index.ts';
import type { CircuitBreakerEvents, CoalesceEvents, TimeoutEvents } from '../resilience/index.ts';

/** Everything that is told, by its full name: `area.thing.pastParticiple`. */
export interface MillraceEvents
  extends CacheEvents,
    DiskTierEvents,
    DatabaseEvents,
    EmbeddedEvents,
    HttpEvents,
    MonitoringEvents,
    RedisEvents,
    CircuitBreakerEvents,
    CoalesceEvents,
    TimeoutEvents {}
