// One report per door in packages/millrace/api, made from the emitted declarations and reviewed like code. `-- --update` writes them anew.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { apiReports } from './api/report.ts';

const library = resolve(import.meta.dirname, '../packages/millrace');
const isUpdate = process.argv.includes('--update');
const { exports: doors } = JSON.parse(readFileSync(`${library}/package.json`, 'utf8')) as { exports: Record<string, { types?: string } | string> };

let stale = 0;
const declarations = new Map<string, string>();
for (const [door, target] of Object.entries(doors)) {
  if (typeof target === 'string' || target.types === undefined) continue;
  const file = resolve(library, target.types);
  if (existsSync(file)) declarations.set(`millrace${door.slice(1)}`, file);
  else {
    stale++;
    console.error(`${door}: ${target.types} is missing: npm run build`);
  }
}

const expected = new Set<string>();
for (const [door, report] of apiReports(declarations, (file) => readFileSync(file, 'utf8'))) {
  const name = `${door.replace('millrace/', '').replaceAll('/', '-')}.api.txt`;
  expected.add(name);
  const file = `${library}/api/${name}`;
  if (existsSync(file) && readFileSync(file, 'utf8') === report) continue;
  if (isUpdate) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, report);
  } else {
    stale++;
    console.error(`packages/millrace/api/${name} differs from what ${door} exports: look at it, then npm run api -- --update`);
  }
}
for (const name of globSync('*.api.txt', { cwd: `${library}/api` })) {
  if (expected.has(name)) continue;
  if (isUpdate) rmSync(`${library}/api/${name}`);
  else {
    stale++;
    console.error(`packages/millrace/api/${name} is the report of no door`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
