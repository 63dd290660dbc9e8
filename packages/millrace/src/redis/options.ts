import { ConfigError, type Duration, duration, integer, oneOf, passed, resolveOptions, text } from '../kernel/index.ts';

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, `rediss://` for TLS. For Sentinel and Cluster it gives user, password and TLS. */
  readonly url?: string | undefined;
  /** Nodes of a Cluster, or the Sentinels, as `host:port`. */
  readonly nodes?: readonly string[] | undefined;
  /** @default 'single' without `nodes`, else 'cluster' */
  readonly mode?: 'single' | 'sentinel' | 'cluster' | undefined;
  /** The master's name at the Sentinels. @default 'mymaster' */
  readonly masterName?: string | undefined;
  /** Connections to each node, 1 to 10; commands of one tick share one write. @default 2 */
  readonly connections?: number | undefined;
  /** Longest wait for an answer, `'1ms'` to `'1m'`. @default '100ms' */
  readonly commandTimeout?: Duration | undefined;
  /** Longest wait for a connection, `'10ms'` to `'1m'`. @default '2s' */
  readonly connectTimeout?: Duration | undefined;
}

const rules = {
  url: text(undefined, 'a URL such as redis://host:6379/0 or rediss://host:6379', (value) => URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol)),
  nodes: passed<readonly string[]>(),
  mode: { ...oneOf(['single', 'sentinel', 'cluster'], 'single'), fallback: undefined },
  masterName: text('mymaster'),
  connections: integer(1, 10, 2),
  commandTimeout: duration('1ms', '1m', '100ms'),
  connectTimeout: duration('10ms', '1m', '2s'),
};

export interface RedisTarget {
  readonly mode: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isTls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly masterName: string;
  readonly connections: number;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** @internal Parsed once at the edge: the password lives in the target and in no message. */
export function resolveRedisOptions(given: RedisOptions): RedisTarget {
  const read = resolveOptions('redis', given, rules);
  const url = new URL(read.url ?? 'redis://127.0.0.1:6379');
  const mode = read.mode ?? (read.nodes ? 'cluster' : 'single');
  const database = Number(url.pathname.slice(1) || '0');
  const nodes = read.nodes ? read.nodes.map(nodeOf) : [{ host: url.hostname, port: Number(url.port || 6379) }];
  check(mode, database, nodes.length);
  return {
    mode,
    nodes,
    database,
    isTls: url.protocol === 'rediss:',
    user: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    masterName: read.masterName,
    connections: read.connections,
    commandTimeoutMs: read.commandTimeoutMs,
    connectTimeoutMs: read.connectTimeoutMs,
  };
}

function nodeOf(node: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(node) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new ConfigError([{ setting: 'redis.nodes', found: JSON.stringify(node), allowed: 'write host:port' }]);
  return { host, port: Number(port) };
}

function check(mode: string, database: number, nodes: number): void {
  if (!Number.isInteger(database) || database < 0)
    throw new ConfigError([{ setting: 'redis.url', found: 'a database that is no number', allowed: 'write /0 to /15' }]);
  if (mode === 'cluster' && database !== 0)
    throw new ConfigError([{ setting: 'redis.url', found: `database ${database} of a Cluster`, allowed: 'a Cluster has database 0 only' }]);
  if (nodes === 0) throw new ConfigError([{ setting: 'redis.nodes', found: 'an empty list', allowed: 'name one node at least' }]);
}
