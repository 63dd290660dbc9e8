import { posix } from 'node:path';
import { anchorsOf, type Page, readPage } from './markdown.ts';

/** What the pages are held against. */
export interface Ground {
  readonly pages: ReadonlyMap<string, string>;
  /** Every file and folder of the repository, by its path from the root. */
  readonly exists: (path: string) => boolean;
  /** Snippets by name (`readme.ts`). */
  readonly snippets: ReadonlyMap<string, string>;
  /** Every word of every source file. */
  readonly words: ReadonlySet<string>;
  /** Names of settings in the environment, aliases included. */
  readonly settings: ReadonlySet<string>;
  readonly npmScripts: ReadonlySet<string>;
}

/** In this order, each at the beginning of a second-level heading of `docs/reference/<area>/<mechanism>.md`. */
export const mechanismHeadings = [
  'The trouble',
  'Quick use',
  'Options',
  'Errors and events',
  'Sequence',
  'Pattern',
  'When not to use it',
  'What it costs',
] as const;

export function checkPages(ground: Ground): string[] {
  const problems: string[] = [];
  const pages = new Map([...ground.pages].map(([path, text]) => [path, readPage(path, text)]));
  const shown = new Set<string>();
  for (const page of pages.values()) {
    const say = (line: number, what: string): unknown => problems.push(`${page.path}:${line}: ${what}`);
    checkLinks(page, pages, ground, say);
    checkSnippets(page, ground, shown, say);
    checkNames(page, ground, say);
    if (/^docs\/reference\/[^/]+\/[^/]+\.md$/.test(page.path) && !page.path.endsWith('/README.md')) checkMechanism(page, say);
  }
  for (const name of ground.snippets.keys()) if (!shown.has(name)) problems.push(`docs/snippets/${name}: no page shows it`);
  return problems;
}

type Say = (line: number, what: string) => unknown;

function checkLinks(page: Page, pages: ReadonlyMap<string, Page>, { exists }: Ground, say: Say): void {
  for (const { target, line } of page.links) {
    if (/^[a-z][a-z+.-]*:/i.test(target)) continue;
    const [path, anchor] = target.split('#') as [string, string | undefined];
    const to = path === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), decodeURI(path))).replace(/\/$/, '');
    if (to.startsWith('..') || !exists(to)) say(line, `link to ${target}: there is no ${to}`);
    else if (anchor !== undefined && anchor !== '') {
      const other = pages.get(to);
      if (other && !anchorsOf(other).has(anchor)) say(line, `link to ${target}: ${to} has no heading #${anchor}`);
    }
  }
}

function checkSnippets({ snippets: marks }: Page, { snippets }: Ground, shown: Set<string>, say: Say): void {
  for (const { name, text, line } of marks) {
    shown.add(name);
    const file = snippets.get(name);
    if (file === undefined) say(line, `there is no docs/snippets/${name}`);
    else if (text === undefined) say(line, `no code block follows the mark of snippet ${name}`);
    else if (text.trim() !== file.trim()) say(line, `the code differs from docs/snippets/${name}: npm run docs -- --update`);
  }
}

/** Codes, paths, functions and npm scripts that a page names. */
function checkNames({ codes, fences, path }: Page, { words, settings, exists, npmScripts }: Ground, say: Say): void {
  for (const { text, line } of codes) {
    for (const [name] of text.matchAll(/MILLRACE_[A-Z0-9_]*[A-Z0-9]\b(?!\*|_)/g))
      if (!words.has(name) && !settings.has(name)) say(line, `${name} is neither an error nor a setting`);
    if (/^(packages|services|scripts|docs|bench|chaos|deploy)\/[\w@./-]+$/.test(text) && !exists(text.replace(/\/$/, ''))) say(line, `there is no ${text}`);
    const called = /^(?:[\w$]+\.)*([\w$]+)\(\)$/.exec(text)?.[1];
    if (called !== undefined && !words.has(called) && !(called in globalThis)) say(line, `${text}: nothing in the sources is called ${called}`);
  }
  if (path === 'CHANGELOG.md') return;
  for (const { text, line } of [...codes, ...fences])
    for (const [, script] of text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)(?![\w:-]| -w)/g))
      if (!npmScripts.has(script as string)) say(line, `there is no npm script ${script}`);
}

const titleOf = (title: string): string => title.replace(/^An? /, '').toLowerCase();

function checkMechanism({ headings, fences, snippets }: Page, say: Say): void {
  const second = headings.filter(({ level }) => level === 2);
  let after = -1;
  for (const wanted of mechanismHeadings) {
    const at = second.findIndex(({ title }) => titleOf(title).startsWith(wanted.toLowerCase()));
    if (at < 0) say(1, `no heading "## ${wanted} …"`);
    else if (at < after) say(second[at]?.line ?? 1, `"## ${wanted}" stands too late; the order is ${mechanismHeadings.join(' · ')}`);
    after = Math.max(after, at);
  }
  if (headings[0]?.level !== 1) say(1, 'the page begins with its name, "# …"');
  if (!fences.some(({ language }) => language === 'mermaid')) say(1, 'no sequence diagram (mermaid)');
  // Under "pattern" short fragments show what to write and what not; everything else is a file that is compiled.
  const isFragment = (line: number): boolean => titleOf(second.findLast((one) => one.line < line)?.title ?? '').startsWith('pattern');
  for (const { language, line } of fences)
    if (language === 'ts' && !isFragment(line) && !snippets.some((one) => one.line === line - 1))
      say(line, 'TypeScript that is not compiled: make it a file of docs/snippets');
}

/** The page with every snippet as its file says now. */
export function withSnippets(text: string, snippets: ReadonlyMap<string, string>): string {
  return text.replace(/(<!-- snippet: (\S+) -->\n```\w*\n)[\s\S]*?(\n```)/g, (whole, head: string, name: string, foot: string) => {
    const file = snippets.get(name);
    return file === undefined ? whole : `${head}${file.trimEnd()}${foot}`;
  });
}
