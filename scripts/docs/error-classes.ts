import { parseSync } from 'oxc-parser';

/** An error class as its source says it. */
export interface ErrorClass {
  readonly name: string;
  readonly extends: string;
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;
  readonly status: number | undefined;
  /** True when the text given to `super` is fixed: it names no figure and no thing of the case. */
  readonly hasFixedMessage: boolean;
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Every class of a file that extends something named `…Error`. */
export function errorClasses(path: string, text: string): ErrorClass[] {
  const found: ErrorClass[] = [];
  const visit = (node: Node): void => {
    const base = node['superClass'] as Node | null | undefined;
    const baseName = base?.type === 'Identifier' ? (base['name'] as string) : '';
    if (node.type.startsWith('Class') && baseName.endsWith('Error')) found.push(read(node, baseName, text));
    for (const key in node) {
      const value = node[key];
      for (const one of Array.isArray(value) ? value : [value])
        if (typeof one === 'object' && one !== null && typeof (one as Node).type === 'string') visit(one as Node);
    }
  };
  visit(parseSync(path, text).program as unknown as Node);
  return found;
}

function read(node: Node, base: string, text: string): ErrorClass {
  const members = ((node['body'] as Node)['body'] as Node[]) ?? [];
  const field = (name: string): unknown => {
    const value = members.find((one) => one.type === 'PropertyDefinition' && (one['key'] as Node)['name'] === name)?.['value'] as Node | null | undefined;
    return value?.type === 'Literal' ? value['value'] : undefined;
  };
  const maker = members.find((one) => one.type === 'MethodDefinition' && one['kind'] === 'constructor');
  return {
    name: ((node['id'] as Node | null)?.['name'] as string) ?? '(unnamed)',
    extends: base,
    code: field('code') as string | undefined,
    retryable: field('retryable') as boolean | undefined,
    status: field('status') as number | undefined,
    hasFixedMessage: maker !== undefined && isFixed(superArgument(maker)),
    line: text.slice(0, node.start).split('\n').length,
  };
}

function superArgument(maker: Node): Node | undefined {
  const body = ((maker['value'] as Node)['body'] as Node)['body'] as Node[];
  for (const statement of body) {
    const call = statement['expression'] as Node | undefined;
    if (call?.type === 'CallExpression' && (call['callee'] as Node).type === 'Super') return (call['arguments'] as Node[])[0];
  }
  return undefined;
}

/** A text without figures of its own, unless it quotes the thing it speaks of. */
function isFixed(message: Node | undefined): boolean {
  if (message === undefined) return true;
  if (message.type === 'Literal') return !/\d|["`]\S+["`]/.test(String(message['value']));
  return message.type === 'TemplateLiteral' && (message['expressions'] as unknown[]).length === 0;
}
