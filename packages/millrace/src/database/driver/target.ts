import { isIP } from 'node:net';
import { ConfigError, type ConfigProblem } from '../../kernel/index.ts';

/** How far TLS goes. `require`, `prefer` and `verify-ca` of a URL all mean `verify` here: what is encrypted for nobody in particular protects little. */
export type TlsMode = 'off' | 'verify' | 'no-verify';

/** Where to connect and as whom. The password is a function, so that printing a target shows none. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: () => string | undefined | Promise<string | undefined>;
  readonly tls: {
    readonly mode: TlsMode;
    readonly rootFile?: string | undefined;
    readonly certificateFile?: string | undefined;
    readonly keyFile?: string | undefined;
  };
  readonly channelBinding: 'prefer' | 'require' | 'disable';
  readonly applicationName: string;
  /** libpq's `options`: settings for the session, `-c name=value`. */
  readonly options: string | undefined;
}

const parameters = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name', 'options', 'channel_binding'];
const modes: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  allow: 'verify',
  prefer: 'verify',
  require: 'verify',
  'verify-ca': 'verify',
  'verify-full': 'verify',
  'no-verify': 'no-verify',
};
const example = 'postgres://user:password@host:5432/name';

/** True where traffic does not leave the machine: a Unix socket or a loopback address. */
export const isLocal = (host: string): boolean =>
  host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** `host:port/database`, for messages. */
export const addressOf = ({ host, port, database }: Pick<Target, 'host' | 'port' | 'database'>): string => `${host}:${port}/${database}`;

/** Reads a connection URL once, at the edge. Throws `MILLRACE_CONFIG`; no message ever holds the URL or its password. */
export function parseTarget(url: string, applicationName = 'millrace', setting = 'database.url'): Target {
  const parsed = readUrl(url, setting);
  const query = parsed.searchParams;
  const problems = queryProblems(query, setting);
  const host = decoded(query.get('host') ?? parsed.hostname.replace(/^\[(.*)\]$/, '$1'), setting) || 'localhost';
  const user = decoded(parsed.username, setting) || 'postgres';
  if (problems.length > 0) throw new ConfigError(problems);
  const password = parsed.password === '' ? undefined : decoded(parsed.password, setting);
  const sslMode = query.get('sslmode');
  return {
    host,
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    user,
    database: decoded(parsed.pathname.slice(1), setting) || user,
    password: () => password,
    tls: {
      mode: sslMode === null ? (isLocal(host) ? 'off' : 'verify') : (modes[sslMode] as TlsMode),
      rootFile: query.get('sslrootcert') ?? undefined,
      certificateFile: query.get('sslcert') ?? undefined,
      keyFile: query.get('sslkey') ?? undefined,
    },
    channelBinding: (query.get('channel_binding') ?? 'prefer') as Target['channelBinding'],
    applicationName: query.get('application_name') ?? applicationName,
    options: query.get('options') ?? undefined,
  };
}

function readUrl(url: string, setting: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && (parsed.protocol === 'postgres:' || parsed.protocol === 'postgresql:')) return parsed;
  throw new ConfigError([{ setting, found: 'not a PostgreSQL URL', allowed: `write ${example}, with special characters of the password percent-encoded` }]);
}

function decoded(text: string, setting: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The error of decodeURIComponent says nothing more, and its input may be the password.
    throw new ConfigError([{ setting, found: 'wrongly percent-encoded', allowed: `write ${example}; a % of the password is %25` }]);
  }
}

function queryProblems(query: URLSearchParams, setting: string): ConfigProblem[] {
  const unknown = [...query.keys()].filter((name) => !parameters.includes(name));
  const problems = unknown.map((name) => ({ setting: `${setting}?${name}`, found: 'not a parameter', allowed: `the parameters are ${parameters.join(', ')}` }));
  const sslMode = query.get('sslmode');
  if (sslMode !== null && !Object.hasOwn(modes, sslMode)) {
    problems.push({ setting: `${setting}?sslmode`, found: JSON.stringify(sslMode), allowed: `one of ${Object.keys(modes).join(', ')}` });
  }
  const binding = query.get('channel_binding');
  if (binding !== null && !['prefer', 'require', 'disable'].includes(binding)) {
    problems.push({ setting: `${setting}?channel_binding`, found: JSON.stringify(binding), allowed: 'one of prefer, require, disable' });
  }
  return problems;
}
