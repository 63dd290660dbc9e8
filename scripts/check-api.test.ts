import { expect, it } from 'vitest';
import { apiReport } from './api/report.ts';

const report = (files: Record<string, string>): string =>
  apiReport('/d/index.d.ts', (file) => {
    const text = files[file];
    if (text === undefined) throw new Error(`no file ${file}`);
    return text;
  });

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

it('marks a type that a signature mentions and the door does not export', () => {
  const text = report({
    '/d/index.d.ts': "export { make } from './make.ts';",
    '/d/make.d.ts': "import type { Hidden } from './hidden.ts';\nexport declare const make: () => Hidden;",
    '/d/hidden.d.ts': 'export interface Hidden { readonly own: Deeper; }\ninterface Deeper { readonly x: 1; }',
  });
  expect(text).toContain('// not exported here\nexport interface Hidden');
  expect(text).toContain('// not exported here\ninterface Deeper');
});

it('adds overloads up, follows export *, and keeps augmentations of other packages', () => {
  const text = report({
    '/d/index.d.ts': "export * from './a.ts';\ndeclare module 'fastify' { interface Config { x: 1 } }",
    '/d/a.d.ts': 'export declare function f(a: string): void;\nexport declare function f(a: number): void;',
  });
  expect(text).toContain('f(a: string): void;\nexport declare function f(a: number)');
  expect(text).toContain("declare module 'fastify'");
});
