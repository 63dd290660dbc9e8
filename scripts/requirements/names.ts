import { parseSync } from 'oxc-parser';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

export interface NamedTest {
  readonly ids: readonly string[];
  readonly title: string;
  readonly line: number;
}

const leadingIds = /^(?:[A-Z]\d{1,2}(?=[ ,:])[ ,:]*)+/;

/** The tests of a file whose title begins with requirement ids: `it('D4 a cancel never …')`, `describe('C6, C7 …')`. */
export function namedTests(path: string, text: string): NamedTest[] {
  const found: NamedTest[] = [];
  visit(parseSync(path, text).program as unknown as Node, (node) => {
    if (node.type !== 'CallExpression' || !isTestCall(node['callee'] as Node)) return;
    const title = textOf((node['arguments'] as Node[])[0]);
    const ids = title === undefined ? undefined : leadingIds.exec(title)?.[0].match(/[A-Z]\d+/g);
    if (title !== undefined && ids) found.push({ ids, title, line: text.slice(0, node.start).split('\n').length });
  });
  return found;
}

/** `it(…)`, `test.each(…)(…)`, `describe.sequential(…)`: whatever begins with one of the three words. */
function isTestCall(callee: Node): boolean {
  if (callee.type === 'Identifier') return ['it', 'test', 'describe'].includes(callee['name'] as string);
  if (callee.type === 'MemberExpression') return isTestCall(callee['object'] as Node);
  if (callee.type === 'CallExpression' || callee.type === 'TaggedTemplateExpression') return isTestCall((callee['callee'] ?? callee['tag']) as Node);
  return false;
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node?.type === 'TemplateLiteral') return ((node['quasis'] as Node[])[0]?.['value'] as { cooked: string } | undefined)?.cooked;
  return undefined;
}

function visit(node: Node, look: (node: Node) => void): void {
  look(node);
  for (const key in node) {
    const value = node[key];
    for (const one of Array.isArray(value) ? value : [value])
      if (typeof one === 'object' && one !== null && typeof (one as Node).type === 'string') visit(one as Node, look);
  }
}
