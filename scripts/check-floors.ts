// Down only, through the door only, never sideways, never up; no cycles, types included. The table is scripts/floors/table.ts.
import { globSync, readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { checkHouse } from './floors/check.ts';

const root = resolve(import.meta.dirname, '..');
const paths = globSync(['packages/millrace/{src,test}/**/*.ts', 'services/**/*.ts'], {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'dist' || name.endsWith('/fixture'),
});
const sources = new Map(paths.map((path) => [path.split(sep).join('/'), readFileSync(resolve(root, path), 'utf8')]));
const manifest = JSON.parse(readFileSync(resolve(root, 'packages/millrace/package.json'), 'utf8')) as {
  exports: Record<string, { 'millrace-source'?: string } | string>;
};
const doors = new Map(
  Object.entries(manifest.exports).flatMap(([door, target]) => {
    const source = typeof target === 'string' ? undefined : target['millrace-source'];
    return source === undefined ? [] : [[`millrace${door.slice(1)}`, source.replace('./src/', '')] as const];
  }),
);

const problems = checkHouse({ sources, doors });
for (const one of problems) console.error(one);
console.log(`floors: ${sources.size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
