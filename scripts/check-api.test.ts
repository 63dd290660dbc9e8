import { expect, it } from 'vitest';
import { apiReports, type Reports } from './api/report.ts';

const reports = (files: Record<string, string>, doors: Record<string, string> = { door: '/d/index.d.ts' }): Reports =>
  apiReports(new Map(Object.entries(doors)), (file) => {
    const text = files[file];
    if (text === undefined) throw new Error(`no file ${file}`);
    return text;
  });
const report = (files: Record<string, string>): string => reports(files).get('door') ?? '';

it('lists what a door hands on from its rooms, sorted, with comments', () => {
  const text = report({
    '/d/index.d.ts': "export { make, type Options } from './make.ts';",
    '/d/make.d.ts':
      '/** How. */\nexport interface Options { readonly ttlMs: number; }\n/** Makes one. */\nexport declare const make: (options: Options) => void;',
  });
  expect(text).toBe(
    '/** How. */\nexport interface Options { readonly ttlMs: number; }\n\n/** Makes one. */\nexport declare const make: (options: Options) => void;\n',
  );
});

it('names a type that a signature mentions and no door exports, and keeps its text once', () => {
  const files = {
    '/d/index.d.ts': "export { make } from './make.ts';",
    '/d/make.d.ts': "import type { Hidden } from './hidden.ts';\nexport declare const make: () => Hidden;",
    '/d/hidden.d.ts': 'export interface Hidden { readonly own: Deeper; }\ninterface Deeper { readonly x: 1; }',
  };
  expect(report(files)).toContain('// mentioned, exported by no door, see shared: Deeper, Hidden');
  expect(reports(files).get('shared')).toBe('interface Deeper { readonly x: 1; }\n\nexport interface Hidden { readonly own: Deeper; }\n');
});

it('names the door that exports what another one mentions', () => {
  const files = {
    '/d/a.d.ts': "import type { Shown } from './b.ts';\nexport declare const make: () => Shown;",
    '/d/b.d.ts': 'export interface Shown { readonly x: 1; }',
  };
  expect(reports(files, { a: '/d/a.d.ts', b: '/d/b.d.ts' }).get('a')).toContain('// mentioned, exported by b: Shown');
});

it('adds overloads up, follows export *, and keeps augmentations of other packages', () => {
  const text = report({
    '/d/index.d.ts': "export * from './a.ts';\ndeclare module 'fastify' { interface Config { x: 1 } }",
    '/d/a.d.ts': 'export declare function f(a: string): void;\nexport declare function f(a: number): void;',
  });
  expect(text).toContain('f(a: string): void;\nexport declare function f(a: number)');
  expect(text).toContain("declare module 'fastify'");
});
