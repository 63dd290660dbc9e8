import { ConfigError, type ConfigProblem, nearest, show } from '../../kernel/index.ts';
import { type Environment, type Given, readEnvironment } from './environment.ts';
import { type Setting, settings } from './table.ts';

/** A tree of options as a user writes it, from code or from a file. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/** Where a value came from, for `doctor` and the banner. Secrets show as `[set]`. */
export interface Origin {
  readonly path: string;
  readonly shown: string;
  readonly source: string;
}

export interface ResolvedSettings {
  /** The value at a path: durations in ms, sizes in bytes. Undefined where it is unset and has no default. */
  get<Value>(path: string): Value;
  /** Whether somebody set it, rather than the default. */
  isGiven(path: string): boolean;
  readonly origins: readonly Origin[];
  readonly warnings: readonly string[];
}

/** Call > environment > file > default; every problem in one `MILLRACE_CONFIG`, each naming where the value came from. */
export function resolveSettings(
  config: ConfigTree,
  env: Environment,
  file: { readonly name: string; readonly tree: ConfigTree } | undefined,
): ResolvedSettings {
  const problems: ConfigProblem[] = [];
  const fromCode = flatten(config, 'createMillrace()', problems);
  const fromFile = file ? flatten(file.tree, file.name, problems) : new Map<string, Given>();
  const fromEnv = readEnvironment(env);
  problems.push(...fromEnv.problems);
  const values = new Map<string, unknown>();
  const origins = settings.map((setting) => {
    const given = fromCode.get(setting.path) ?? fromEnv.given.get(setting.path) ?? fromFile.get(setting.path);
    values.set(setting.path, read(setting, given, problems));
    return { path: setting.path, shown: shown(setting, given), source: given?.source ?? 'default' };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const isGiven = (path: string): boolean => origins.find((one) => one.path === path)?.source !== 'default';
  return { get: <Value>(path: string) => known(values, path) as Value, isGiven, origins, warnings: fromEnv.warnings };
}

function known(values: ReadonlyMap<string, unknown>, path: string): unknown {
  if (!values.has(path)) throw new RangeError(`no setting is called ${path}`);
  return values.get(path);
}

function read({ path, kind, secret }: Setting, given: Given | undefined, problems: ConfigProblem[]): unknown {
  const value = given?.value ?? kind.rule.fallback;
  const result = value === undefined ? undefined : kind.rule.read(value);
  if (value !== undefined && result === undefined) {
    const setting = given?.source === 'createMillrace()' || given === undefined ? path : `${given.source} (${path})`;
    problems.push({ setting, found: secret ? 'not usable' : show(value), allowed: `write ${kind.rule.allowed}` });
  }
  return result;
}

const shown = ({ secret, kind }: Setting, given: Given | undefined): string => {
  if (secret) return given === undefined ? '[unset]' : '[set]';
  const value = given?.value ?? kind.rule.fallback;
  return value === undefined ? '[unset]' : String(value);
};

const paths = settings.map(({ path }) => path);

/** Leaves of the tree by path. A name that leads nowhere is a problem, at whatever level it stands. */
function flatten(tree: ConfigTree, source: string, problems: ConfigProblem[], prefix = ''): Map<string, Given> {
  const found = new Map<string, Given>();
  for (const [name, value] of Object.entries(tree)) {
    const path = prefix + name;
    if (value === undefined) continue;
    if (paths.includes(path)) found.set(path, { value, source });
    else if (isTree(value) && paths.some((one) => one.startsWith(`${path}.`)))
      for (const [key, inner] of flatten(value, source, problems, `${path}.`)) found.set(key, inner);
    else problems.push({ setting: path, found: `not a setting (${source})`, allowed: suggestion(path) });
  }
  return found;
}

const isTree = (value: unknown): value is ConfigTree => typeof value === 'object' && value !== null && !Array.isArray(value);

const suggestion = (path: string): string => {
  const close = nearest(path, paths);
  const level = path.includes('.') ? `${path.slice(0, path.lastIndexOf('.'))}.` : '';
  return close === undefined
    ? `here stand ${[...new Set(paths.filter((one) => one.startsWith(level)).map((one) => one.slice(level.length).split('.')[0]))].join(', ')}`
    : `did you mean ${close}?`;
};
