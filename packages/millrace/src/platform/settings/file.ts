import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf } from '../../kernel/index.ts';
import type { ConfigTree } from './resolve.ts';

const usualNames = ['millrace.config.ts', 'millrace.config.js', 'millrace.config.mjs'];

/** The configuration file: the one named, else one of the usual names in `directory`, else none. It exports `config`. */
export async function readConfigFile(directory: string, named: string | undefined): Promise<{ name: string; tree: ConfigTree } | undefined> {
  const name = named ?? usualNames.find((one) => existsSync(resolve(directory, one)));
  if (name === undefined) return undefined;
  if (!existsSync(resolve(directory, name)))
    throw new ConfigError([{ setting: 'MILLRACE_CONFIG_FILE', found: `${name}, which is not there`, allowed: 'name a file that exists' }]);
  return { name, tree: await load(resolve(directory, name), name) };
}

async function load(path: string, name: string): Promise<ConfigTree> {
  const url = pathToFileURL(path).href;
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = await importFile(url);
  } catch (cause) {
    throw new ConfigError([{ setting: name, found: 'not readable', allowed: messageOf(cause) }], { cause });
  }
  const { config } = loaded;
  if (typeof config !== 'object' || config === null)
    throw new ConfigError([{ setting: name, found: 'without a configuration', allowed: 'write `export const config = { … }`' }]);
  return config as ConfigTree;
}

/** A file of the user's, named at run time: the one computed import in the library. */
const importFile = (url: string): Promise<Readonly<Record<string, unknown>>> => import(/* @vite-ignore */ url);
