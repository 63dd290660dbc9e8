import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ErrorCatalogue, ErrorCode } from '../../packages/millrace/src/kernel/index.ts';
import type { AreaCatalogue } from './errors-page.ts';

/** Every error catalogue of the library: the exports of the areas' `errors.ts` files whose keys are codes. */
export async function readCatalogues(source: string): Promise<AreaCatalogue[]> {
  const files = globSync('**/errors.ts', { cwd: source })
    .map((file) => file.split(sep).join('/'))
    .sort();
  const seen = new Map<string, string>();
  const found: AreaCatalogue[] = [];
  for (const file of files) {
    const module = (await import(pathToFileURL(join(source, file)).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(module)) {
      if (!isCatalogue(value)) continue;
      // A catalogue that joins those of its mechanisms lists their codes again; each code is told once, in the room it comes from.
      const fresh = Object.entries(value).filter(([code]) => !seen.has(code));
      for (const [code] of fresh) seen.set(code, `${file} ${name}`);
      if (fresh.length > 0) found.push({ area: file.split('/')[0] as string, catalogue: Object.fromEntries(fresh) as ErrorCatalogue });
    }
  }
  return found.sort((a, b) => areaOrder(a.area) - areaOrder(b.area) || (a.area < b.area ? -1 : 1));
}

const areaOrder = (area: string): number => (area === 'kernel' ? 0 : 1);

const isCatalogue = (value: unknown): value is ErrorCatalogue =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(([key, entry]) => isCode(key) && typeof entry === 'object' && entry !== null && 'why' in entry);

const isCode = (key: string): key is ErrorCode => key.startsWith('MILLRACE_');
