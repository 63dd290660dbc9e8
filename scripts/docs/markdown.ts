/** What the checks need to know of a Markdown page. Line numbers count from 1. */
export interface Page {
  readonly path: string;
  readonly text: string;
  readonly headings: readonly { readonly level: number; readonly title: string; readonly line: number }[];
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** Inline code outside fences. */
  readonly codes: readonly { readonly text: string; readonly line: number }[];
  readonly fences: readonly { readonly language: string; readonly text: string; readonly line: number }[];
  /** `<!-- snippet: name.ts -->` and the fence that follows on the next line. */
  readonly snippets: readonly { readonly name: string; readonly text: string | undefined; readonly line: number }[];
}

const fenceStart = /^\s*```(\S*)/;
const snippetMark = /^<!-- snippet: (\S+) -->$/;

export function readPage(path: string, text: string): Page {
  const page = { path, text, headings: [] as Page['headings'][number][], links: [] as Page['links'][number][], codes: [] as Page['codes'][number][] };
  const fences: Page['fences'][number][] = [];
  const snippets: Page['snippets'][number][] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const here = lines[at] as string;
    const line = at + 1;
    const fence = fenceStart.exec(here);
    if (fence) {
      const from = at + 1;
      do at++;
      while (at < lines.length && !/^\s*```\s*$/.test(lines[at] as string));
      fences.push({ language: fence[1] ?? '', text: `${lines.slice(from, at).join('\n')}\n`, line });
      continue;
    }
    const mark = snippetMark.exec(here.trim());
    if (mark) snippets.push({ name: mark[1] as string, text: undefined, line });
    const heading = /^(#{1,6}) (.+)$/.exec(here);
    if (heading) page.headings.push({ level: (heading[1] as string).length, title: (heading[2] as string).trim(), line });
    for (const [, code] of here.matchAll(/`([^`]+)`/g)) page.codes.push({ text: code as string, line });
    for (const target of linksOf(here.replace(/`[^`]*`/g, ''))) page.links.push({ target, line });
  }
  const shown = new Map(fences.map((one) => [one.line, one.text]));
  return { ...page, fences, snippets: snippets.map((one) => ({ ...one, text: shown.get(one.line + 1) })) };
}

const linksOf = (line: string): string[] => [
  ...[...line.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map((match) => match[1] as string),
  ...[...line.matchAll(/^\s*\[[^\]]+\]:\s+(\S+)/g)].map((match) => match[1] as string),
  ...[...line.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map((match) => match[1] as string),
];

/** The anchor a forge gives to a heading; the second of the same title gets `-1`. */
export function anchorsOf({ headings, text }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const { title } of headings) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const base = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = base;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${base}-${again}`;
    anchors.add(anchor);
  }
  for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id as string);
  return anchors;
}
