import {
  createDatabase,
  type Database,
  type DatabaseEvents,
  type EmbeddedEvents,
  type EmbeddedServer,
  NoDatabaseError,
  startEmbedded,
} from '../../database/index.ts';
import type { EventSink, System } from '../../kernel/index.ts';
import type { ResolvedSettings } from '../settings/index.ts';

export interface DatabasePart {
  readonly database: Database;
  /** The server that belongs to this process, where no URL was given. */
  readonly embedded: EmbeddedServer | undefined;
}

/** The database of the settings: the server of the URL, else an embedded one, which production refuses. */
export async function makeDatabase(
  settings: ResolvedSettings,
  directory: string,
  system: System,
  events: EventSink<DatabaseEvents & EmbeddedEvents>,
): Promise<DatabasePart> {
  const given = settings.get<string | undefined>('databaseUrl');
  const embedded = given === undefined ? await embeddedServer(settings, directory, system, events) : undefined;
  const url = given ?? (embedded as EmbeddedServer).url;
  const options = {
    url,
    directUrl: settings.get<string | undefined>('databaseDirectUrl'),
    pool: pick(settings, 'database.pool', ['minConnections', 'maxConnections', 'idleTimeout', 'acquireTimeout', 'validationQuery', 'statementTimeout']),
    slowAfter: settings.get<number>('database.slowStatement'),
    applicationName: settings.get<string>('service'),
  };
  return { database: createDatabase(options, { events, system }), embedded };
}

function embeddedServer(settings: ResolvedSettings, directory: string, system: System, events: EventSink<EmbeddedEvents>): Promise<EmbeddedServer> {
  if (settings.get<string>('environment') === 'production')
    throw new NoDatabaseError('it is for development only, and NODE_ENV is production; set DATABASE_URL');
  const below = settings.get<string>('database.embedded.directory');
  return startEmbedded({ directory: below.startsWith('/') ? below : `${directory}/${below}` }, { system, events });
}

const pick = (settings: ResolvedSettings, path: string, names: readonly string[]): Record<string, never> =>
  Object.fromEntries(names.map((name) => [name, settings.get(`${path}.${name}`)])) as Record<string, never>;
