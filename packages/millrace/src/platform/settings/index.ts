export type { Environment } from './environment.ts';
export { readConfigFile } from './file.ts';
export { settingsPage } from './page.ts';
export { type ConfigTree, type Origin, type ResolvedSettings, resolveSettings } from './resolve.ts';
export { type Setting, settings } from './table.ts';
