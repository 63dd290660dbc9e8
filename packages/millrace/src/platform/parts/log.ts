import type { System } from '../../kernel/index.ts';
import { createLogger, type Logger, type LogLevel, type PinoLike, type Redactor, toPino } from '../../telemetry/index.ts';
import type { MillraceEvents } from '../events.ts';

type EventName = keyof MillraceEvents & string;

/** What of all that is told belongs into a log, how loud, and in which words. The rest is figures. */
const lines: Readonly<Partial<Record<EventName, readonly [LogLevel, string]>>> = {
  'http.request.slowed': ['warn', 'A request was slow'],
  'http.request.failed': ['error', 'A request failed'],
  'http.stop.begun': ['info', 'HTTP stops: answers close their connections'],
  'http.stop.finished': ['info', 'HTTP has stopped'],
  'database.statement.slowed': ['warn', 'A statement was slow'],
  'database.server.lost': ['error', 'The database cannot be reached'],
  'database.server.returned': ['info', 'The database is back'],
  'database.pool.exhausted': ['warn', 'Every connection is in use, and callers wait'],
  'database.connection.overheld': ['warn', 'A connection has been held for long'],
  'database.connection.cleaned': ['warn', 'A connection came back dirty and was cleaned'],
  'database.commit.settled': ['error', 'A connection died in COMMIT'],
  'database.pooler.noticed': ['warn', 'A transaction pooler stands before the database'],
  'database.tls.unverified': ['warn', 'The certificate of the database is not verified'],
  'database.migration.applied': ['info', 'A migration was applied'],
  'database.migration.awaited': ['info', 'Another process runs migrations'],
  'database.index.dropped': ['warn', 'An invalid index was dropped'],
  'database.changes.followed': ['info', 'Changes of tables are followed'],
  'database.changes.lost': ['warn', 'Changes of tables are not followed at the moment'],
  'database.changes.fellBack': ['warn', 'Changes of tables by others cannot be seen'],
  'database.changes.uncovered': ['warn', 'Changes of a table by others cannot be seen'],
  'database.changes.published': ['info', 'Tables were put into the publication'],
  'database.changes.failed': ['warn', 'A change could not be applied: its stream is begun anew'],
  'cache.load.failed': ['warn', 'A loader failed'],
  'cache.bus.failed': ['warn', 'The other processes cannot be told what is invalidated'],
  'cache.memory.doubted': ['info', 'Memory may have missed an invalidation and is looked up anew'],
  'redis.connection.lost': ['warn', 'Redis cannot be reached'],
  'redis.connection.restored': ['info', 'Redis is back'],
  'redis.connection.destroyed': ['warn', 'Redis gave no answer: its sockets were destroyed'],
  'cache.tier.failed': ['warn', 'A cache tier fails and is left out'],
  'cache.tier.recovered': ['info', 'A cache tier is back'],
  'resilience.breaker.opened': ['warn', 'A circuit opened'],
  'resilience.breaker.closed': ['info', 'A circuit closed'],
  'monitoring.dependency.changed': ['info', 'A dependency changed its state'],
};

/** A logger on the application's own pino, secrets taken out. */
export const makeLogger = (pino: PinoLike, { clock }: System, redactor: Redactor): Logger =>
  createLogger({ clock, sink: toPino(pino), redactor, level: 'debug' });

/** Hears every event and writes those that belong into a log. The event's name is the field `event`. */
export const logEvents =
  (logger: Logger) =>
  (event: EventName, fields: MillraceEvents[EventName]): void => {
    const line = lines[event];
    if (line) logger[line[0]](line[1], { event, ...(fields as object) });
  };
