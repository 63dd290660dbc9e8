// Ids against tests: a state without a test, a test with an unknown id, and docs/requirements.md against both. `-- --update` writes the page.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { checkStates, type Requirements, readProofs, requirementsPage } from './requirements/check.ts';

const root = resolve(import.meta.dirname, '..');
const left = new Set(['node_modules', 'dist', 'third-party']);
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const paths = globSync('{packages,services,bench,scripts}/**/*.test.{ts,tsx}', { cwd: root, exclude: (name) => left.has(name.split(sep).at(-1) as string) })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => !path.startsWith('scripts/')) // the checkers' own tests quote ids
  .sort();

const given = JSON.parse(read('docs/requirements.json')) as Requirements;
const { proofs, problems } = readProofs(new Map(paths.map((path) => [path, read(path)])), given);
problems.push(...checkStates(given, proofs));

const pagePath = 'docs/requirements.md';
const page = requirementsPage(given, proofs);
if (process.argv.includes('--update')) writeFileSync(resolve(root, pagePath), page);
else if (!existsSync(resolve(root, pagePath)) || read(pagePath) !== page)
  problems.push(`${pagePath} differs from the states and the tests: npm run requirements -- --update`);

for (const one of problems) console.error(one);
console.log(`requirements: ${proofs.size} of ${Object.keys(given.requirements).length} ids are named by tests, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
