import { defineConfig } from 'vitest/config';

// Nothing else may stand in this list: vitest hands it to its workers as --conditions, and with `import` or `module` in it CommonJS gets ES modules.
const source = { ssr: { resolve: { conditions: ['millrace-source', 'node'] } } };

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['packages/**/src/**/*.test.ts', 'services/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/harness/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'services/**/test/**', 'packages/dashboard/**'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        ...source,
        test: {
          name: 'integration',
          include: ['packages/millrace/test/**/*.test.ts', 'services/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'packages/millrace/test/package/**'],
          globalSetup: ['packages/millrace/test/integration/setup.ts'],
          pool: 'forks',
          execArgv: ['--conditions=millrace-source'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'browser',
          include: ['packages/dashboard/test/**/*.test.ts'],
          pool: 'forks',
          execArgv: ['--conditions=millrace-source'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        ...source,
        test: { name: 'package', include: ['packages/millrace/test/package/**/*.test.ts'], pool: 'forks', testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
    coverage: { provider: 'v8', include: ['packages/millrace/src/**/*.ts'], exclude: ['**/*.test.ts'], reporter: ['text-summary', 'json-summary'] },
  },
});
