export interface BannerFacts {
  readonly url: string;
  readonly products: number;
  readonly database: string;
  /** Where its files are, for the embedded server. */
  readonly dataDirectory: string | undefined;
  /** The directory asked for, where the data had to lie elsewhere. */
  readonly wantedDirectory: string | undefined;
  readonly traffic: string;
  readonly versions: string;
  readonly tookMs: number;
}

/** What runs where, and how it stops: the last thing a start prints. */
export function banner(facts: BannerFacts): string {
  const { url, dataDirectory, wantedDirectory } = facts;
  const rows: [string, string][] = [
    ['Dashboard', `${url}/performance/ui/`],
    ['API', `${url}/retail/products   (${facts.products} products)`],
    ['OpenAPI', `${url}/retail/openapi.json`],
    ['Metrics', `${url}/metrics`],
    ['Traffic', facts.traffic],
    ['Database', facts.database],
    ...(dataDirectory === undefined ? [] : ([['Data', dataDirectory]] as [string, string][])),
    ['SQL', "npm run psql -- -c 'select 1'"],
    ['Versions', facts.versions],
    ['Stop', 'Ctrl-C, in order; again to force'],
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  const moved = wantedDirectory === undefined ? [] : [`the server's user cannot reach ${wantedDirectory}, so the data lies in ${dataDirectory}`];
  const notes = moved.map((note) => `  Note       ${note}`);
  return ['', `Millrace is ready after ${(facts.tookMs / 1000).toFixed(1)} s`, '', ...lines, ...notes, ''].join('\n');
}
