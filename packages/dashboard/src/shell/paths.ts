/** Where the dashboard is mounted, without the closing slash; the build writes it in. */
export const mount: string = import.meta.env.BASE_URL.replace(/\/$/, '');

/** The address of a page, with the view's own parameters. */
export function to(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
  const search = parameters.length ? `?${new URLSearchParams(parameters)}` : '';
  return `${mount}${path === '/' ? '/' : path}${search}`;
}

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly icon: 'overview' | 'alert' | 'endpoints' | 'database' | 'cache' | 'limits' | 'settings';
  /** Second key after `g`. */
  readonly key?: string;
}

/** Every page there is, in the order of the side bar. */
export const pages: readonly (Page & { readonly group: '' | 'Look into' | 'Run' })[] = [
  { path: '/', title: 'Overview', icon: 'overview', key: 'o', group: '' },
  { path: '/alerts', title: 'Alerts', icon: 'alert', key: 'a', group: '' },
  { path: '/endpoints', title: 'Endpoints', icon: 'endpoints', key: 'e', group: 'Look into' },
  { path: '/database', title: 'Database', icon: 'database', key: 'd', group: 'Look into' },
  { path: '/cache', title: 'Cache', icon: 'cache', key: 'c', group: 'Look into' },
  { path: '/limits', title: 'Limits', icon: 'limits', key: 'l', group: 'Run' },
  { path: '/settings', title: 'Settings', icon: 'settings', group: 'Run' },
];
