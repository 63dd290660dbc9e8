import { type Duration, duration, integer, type Rule, resolveOptions, text } from '../../kernel/index.ts';

export interface EmbeddedOptions {
  /** Folder for data, password and lock, relative to the working directory. Made where it is missing; kept between starts. @default '.millrace' */
  readonly directory?: string | undefined;
  /** TCP port on 127.0.0.1, 1 to 65535. @default a free one, another at each start */
  readonly port?: number | undefined;
  /** More server settings (`{ fsync: 'off' }` in tests). Where it listens cannot be changed: it never leaves 127.0.0.1. @default {} */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Longest wait until it takes connections, `'1s'` to `'10m'`; recovery after a crash counts. Past it: `MILLRACE_EMBEDDED_START`. @default '60s' */
  readonly startTimeout?: Duration | undefined;
  /** Patience with an orderly stop, `'100ms'` to `'5m'`; past it the server is stopped at once and recovers at its next start. @default '10s' */
  readonly stopTimeout?: Duration | undefined;
  /** Restarts of a server that died, within `restartWindow`, 0 to 100; one more death and it stays down (state `failed`). @default 5 */
  readonly maxRestarts?: number | undefined;
  /** The window `maxRestarts` is counted in, `'1s'` to `'1h'`. @default '60s' */
  readonly restartWindow?: Duration | undefined;
}

type Settings = Readonly<Record<string, string>>;

const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && Object.entries(value).every(([name, one]) => /^[a-z][a-z0-9_.]*$/.test(name) && typeof one === 'string');

const serverSettings: Rule<Settings, Settings> & { readonly fallback: Settings } = {
  suffix: '',
  allowed: "an object of PostgreSQL setting names and texts, such as { fsync: 'off' }",
  fallback: {},
  read: (value) => (isSettings(value) ? value : undefined),
};

const rules = {
  directory: text('.millrace', 'the path of a folder', (path) => path !== '' && !path.includes('\0')),
  port: integer(1, 65_535),
  settings: serverSettings,
  startTimeout: duration('1s', '10m', '60s'),
  stopTimeout: duration('100ms', '5m', '10s'),
  maxRestarts: integer(0, 100, 5),
  restartWindow: duration('1s', '1h', '60s'),
};

/** @internal */
export interface ResolvedEmbeddedOptions {
  readonly directory: string;
  readonly port: number | undefined;
  readonly settings: Settings;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly maxRestarts: number;
  readonly restartWindowMs: number;
}

/** @internal */
export const resolveEmbeddedOptions = (given: EmbeddedOptions = {}): ResolvedEmbeddedOptions => resolveOptions('embedded', given, rules);
