// Links, anchors, snippets, names and headings of every page, and the errors page against the catalogues. `-- --update` writes what is generated.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { settings } from '../packages/millrace/src/platform/settings/index.ts';
import { readCatalogues } from './docs/catalogues.ts';
import { checkPages, withSnippets } from './docs/check.ts';
import { errorsPage } from './docs/errors-page.ts';

const root = resolve(import.meta.dirname, '..');
const isUpdate = process.argv.includes('--update');
const left = new Set(['node_modules', 'dist', 'coverage', 'third-party', '.millrace', '.git', 'results']);
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (name) => left.has(name.split(sep).at(-1) as string) }).map((path) => path.split(sep).join('/'));
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');

const snippets = new Map(find('docs/snippets/*.ts').map((path) => [path.slice('docs/snippets/'.length), read(path)]));
const problems: string[] = [];

const errorsPath = 'docs/reference/errors.md';
const errors = errorsPage(await readCatalogues(resolve(root, 'packages/millrace/src')));
if (isUpdate) {
  mkdirSync(dirname(resolve(root, errorsPath)), { recursive: true });
  writeFileSync(resolve(root, errorsPath), errors);
} else if (!existsSync(resolve(root, errorsPath)) || read(errorsPath) !== errors)
  problems.push(`${errorsPath} differs from the error catalogues: npm run docs -- --update`);

// npm shows copies of the root's pages beside the library; they are checked where they stand.
const copies = new Set(['packages/millrace/README.md', 'packages/millrace/CHANGELOG.md']);
const pages = new Map<string, string>();
for (const path of find('**/*.md').filter((one) => !copies.has(one))) {
  const text = read(path);
  const injected = withSnippets(text, snippets);
  if (isUpdate && injected !== text) writeFileSync(resolve(root, path), injected);
  pages.set(path, isUpdate ? injected : text);
}

const words = new Set<string>();
for (const path of find('{packages,services,scripts,bench}/**/*.{ts,tsx,mjs}')) for (const [word] of read(path).matchAll(/[A-Za-z_$][\w$]*/g)) words.add(word);
const { scripts: npmScripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const named = new Set(settings.flatMap(({ env, aliases }) => [env, ...aliases]));
problems.push(
  ...checkPages({ pages, snippets, words, settings: named, npmScripts: new Set(Object.keys(npmScripts)), exists: (path) => existsSync(resolve(root, path)) }),
);
for (const one of problems) console.error(one);
console.log(`docs: ${pages.size} pages, ${snippets.size} snippets, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
