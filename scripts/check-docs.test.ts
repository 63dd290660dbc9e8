import { describe, expect, it } from 'vitest';
import { checkPages, type Ground, mechanismHeadings, withSnippets } from './docs/check.ts';
import { errorsPage } from './docs/errors-page.ts';
import { anchorsOf, readPage } from './docs/markdown.ts';

const check = (pages: Record<string, string>, more: Partial<Ground> = {}): string[] =>
  checkPages({
    pages: new Map(Object.entries(pages)),
    exists: (path) => path in pages || path === 'docs',
    snippets: new Map(),
    words: new Set(['MILLRACE_TIMEOUT', 'createMillrace']),
    settings: new Set(['MILLRACE_DATABASE_POOL_MAX_CONNECTIONS']),
    npmScripts: new Set(['bench', 'test:unit']),
    ...more,
  });

describe('links', () => {
  it('follows links to pages, folders and headings', () => {
    expect(
      check({ 'a.md': '# One\n[x](docs/b.md#two-words) [d](docs/) [s](#one) [w](https://example.org/x)', 'docs/b.md': '## Two words\n[up](../a.md)' }),
    ).toEqual([]);
  });

  it('finds a missing page, a missing heading and a way out of the repository', () => {
    const found = check({ 'a.md': '[x](gone.md)\n[y](docs/b.md#gone)\n[z](../x.md)', 'docs/b.md': '# B' });
    expect(found).toEqual([
      'a.md:1: link to gone.md: there is no gone.md',
      'a.md:2: link to docs/b.md#gone: docs/b.md has no heading #gone',
      'a.md:3: link to ../x.md: there is no ../x.md',
    ]);
  });

  it('reads no links inside code', () => {
    expect(check({ 'a.md': '`[x](gone.md)`\n```md\n[x](gone.md)\n```' })).toEqual([]);
  });

  it('makes the anchors a forge makes', () => {
    expect([...anchorsOf(readPage('a.md', '# `peek`, and why!\n## Twice\n## Twice'))]).toEqual(['peek-and-why', 'twice', 'twice-1']);
  });
});

describe('snippets', () => {
  const snippets = new Map([['x.ts', 'const x = 1;\n']]);

  it('accepts what equals its file', () => {
    expect(check({ 'a.md': '<!-- snippet: x.ts -->\n```ts\nconst x = 1;\n```' }, { snippets })).toEqual([]);
  });

  it('finds one that differs, one without a file, one without a block, and a file nobody shows', () => {
    expect(check({ 'a.md': '<!-- snippet: x.ts -->\n```ts\nconst x = 2;\n```' }, { snippets })[0]).toContain('differs');
    expect(check({ 'a.md': '<!-- snippet: y.ts -->\n```ts\n1\n```' })[0]).toContain('there is no docs/snippets/y.ts');
    expect(check({ 'a.md': '<!-- snippet: x.ts -->\ntext' }, { snippets })[0]).toContain('no code block');
    expect(check({ 'a.md': 'text' }, { snippets })).toEqual(['docs/snippets/x.ts: no page shows it']);
  });

  it('puts the file into the page', () => {
    expect(withSnippets('<!-- snippet: x.ts -->\n```ts\nold\n```\nrest', snippets)).toBe('<!-- snippet: x.ts -->\n```ts\nconst x = 1;\n```\nrest');
  });
});

describe('names', () => {
  it('knows codes, settings, functions and npm scripts', () => {
    expect(
      check({ 'a.md': '`MILLRACE_TIMEOUT` `MILLRACE_DATABASE_POOL_MAX_CONNECTIONS` `createMillrace()` `npm run bench` `npm run build -w millrace`' }),
    ).toEqual([]);
  });

  it.each([
    ['`MILLRACE_NOWHERE`', 'neither an error nor a setting'],
    ['`millrace.frobnicate()`', 'nothing in the sources is called frobnicate'],
    ['`packages/attic/x.ts`', 'there is no packages/attic/x.ts'],
    ['```sh\nnpm run nothing\n```', 'there is no npm script nothing'],
  ])('finds %s', (text, problem) => {
    expect(check({ 'a.md': text }).join('\n')).toContain(problem);
  });
});

describe('a page of a mechanism', () => {
  const whole = ['# Timeout', '<!-- snippet: x.ts -->', '```ts', '1;', '```', ...mechanismHeadings.map((one) => `## ${one}, more`), '```mermaid', 'x', '```'];
  const snippets = new Map([['x.ts', '1;\n']]);

  it('has the fixed headings in their order, a diagram and a snippet', () => {
    expect(check({ 'docs/reference/resilience/timeout.md': whole.join('\n') }, { snippets })).toEqual([]);
  });

  it('may show fragments under its pattern', () => {
    const page = whole.flatMap((line) => (line.startsWith('## Pattern') ? [line, '```ts', 'never();', '```'] : [line])).join('\n');
    expect(check({ 'docs/reference/resilience/timeout.md': page }, { snippets })).toEqual([]);
  });

  it('shows no other TypeScript that is not compiled', () => {
    const page = [...whole, '```ts', 'const loose = 1;', '```'].join('\n');
    expect(check({ 'docs/reference/resilience/timeout.md': page }, { snippets }).join('\n')).toContain('TypeScript that is not compiled');
  });

  it('is told which heading is missing or out of order', () => {
    const without = whole.filter((line) => !line.startsWith('## What it costs'));
    expect(check({ 'docs/reference/resilience/timeout.md': without.join('\n') }, { snippets }).join('\n')).toContain('no heading "## What it costs …"');
    const swapped = [...whole.filter((line) => !line.startsWith('## The trouble')), '## The trouble'];
    expect(check({ 'docs/reference/resilience/timeout.md': swapped.join('\n') }, { snippets }).join('\n')).toContain('stands too late');
  });
});

it('the errors page tells every code with its cause and its remedy', () => {
  const page = errorsPage([
    { area: 'kernel', catalogue: { MILLRACE_X: { title: 'It broke', why: 'It was old.', do: 'Buy a new one.', retryable: true, status: 503 } } },
  ]);
  expect(page).toContain('### MILLRACE_X\n\nIt broke.\n\n- **Why** It was old.\n- **Do** Buy a new one.\n- Retryable: yes · status 503');
});
