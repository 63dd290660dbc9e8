import { parseSync } from 'oxc-parser';
import { allowedMembers, deniedGlobals, deniedImports, deniedMembers } from './table.ts';

/** One import, of whatever kind: static, re-export, `import()`, `import('…')` in a type, `require`, augmentation of a module. */
export interface Request {
  readonly specifier: string;
  readonly line: number;
}

export interface Finding {
  readonly line: number;
  readonly text: string;
}

/** What one source file asks for and takes. */
export interface Reading {
  readonly requests: readonly Request[];
  /** Time, chance and ids taken directly. */
  readonly taken: readonly Finding[];
  /** `import()` or `require` of something computed. */
  readonly computed: readonly (Finding & { readonly kind: 'import' | 'require' })[];
  readonly broken: string | undefined;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const literal = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined;
const identifier = (node: unknown): string | undefined => (isNode(node) && node.type === 'Identifier' ? (node['name'] as string) : undefined);

export function readSource(file: string, text: string): Reading {
  const parsed = parseSync(file, text);
  const reader = new Reader(text);
  for (const { moduleRequest, start, entries } of parsed.module.staticImports) {
    reader.request(moduleRequest.value, start);
    for (const { importName, localName } of entries) {
      const name = importName.name ?? '*';
      // Under its own name every use of it is seen below; under another one it would go unseen.
      if (localName.value !== name || !(name in deniedGlobals)) reader.namedImport(moduleRequest.value, name, start);
    }
  }
  for (const { entries, start } of parsed.module.staticExports)
    for (const { moduleRequest } of entries) if (moduleRequest) reader.request(moduleRequest.value, start);
  reader.visit(parsed.program as unknown as Node, undefined, '');
  return { requests: reader.requests, taken: reader.taken, computed: reader.computed, broken: parsed.errors[0]?.message };
}

/** Walks the tree once, knowing each node's parent and the field it hangs in: a property called `performance` is not the global. */
class Reader {
  readonly requests: Request[] = [];
  readonly taken: Finding[] = [];
  readonly computed: (Finding & { kind: 'import' | 'require' })[] = [];
  readonly #text: string;
  #countedTo = 0;
  #countedLine = 1;

  constructor(text: string) {
    this.#text = text;
  }

  request(specifier: string, start: number): void {
    const line = this.#line(start);
    if (!this.requests.some((one) => one.specifier === specifier && one.line === line)) this.requests.push({ specifier, line });
  }

  namedImport(specifier: string, name: string, start: number): void {
    const advice = deniedImports[specifier]?.[name] ?? deniedImports[specifier]?.['*'];
    if (advice !== undefined) this.#take(start, `${name} of ${specifier}`, advice);
  }

  visit(node: Node, parent: Node | undefined, field: string): void {
    this.#look(node, parent, field);
    for (const key in node) {
      if (key === 'type' || key === 'start' || key === 'end') continue;
      const value = node[key];
      if (Array.isArray(value)) for (const one of value) isNode(one) && this.visit(one, node, key);
      else if (isNode(value)) this.visit(value, node, key);
    }
  }

  #look(node: Node, parent: Node | undefined, field: string): void {
    if (node.type === 'ImportExpression') this.#asked('import', node['source'], node.start);
    else if (node.type === 'TSImportType') this.#asked('import', node['source'] ?? (node['argument'] as Node | undefined)?.['literal'], node.start);
    else if (node.type === 'TSModuleDeclaration') {
      const augmented = literal(node['id']);
      if (augmented !== undefined) this.request(augmented, node.start);
    } else if (node.type === 'CallExpression') this.#call(node);
    else if (node.type === 'MemberExpression') this.#member(node);
    else if (node.type === 'Identifier') this.#name(node, parent, field);
  }

  #asked(kind: 'import' | 'require', source: unknown, start: number): void {
    const specifier = literal(source);
    if (specifier !== undefined) this.request(specifier, start);
    else this.computed.push({ line: this.#line(start), kind, text: `${kind}() of something computed` });
  }

  #call(node: Node): void {
    const callee = node['callee'] as Node;
    const isRequire =
      identifier(callee) === 'require' ||
      (callee.type === 'MemberExpression' && identifier(callee['object']) === 'require' && identifier(callee['property']) === 'resolve');
    if (isRequire) this.#asked('require', (node['arguments'] as Node[])[0], node.start);
  }

  #member(node: Node): void {
    const property = node['computed'] === true ? literal(node['property']) : identifier(node['property']);
    const object = node['object'] as Node;
    const owner =
      identifier(object) ?? (object.type === 'MemberExpression' && identifier(object['object']) === 'globalThis' ? identifier(object['property']) : undefined);
    if (owner === undefined || property === undefined) return;
    const advice = owner === 'globalThis' ? deniedGlobals[property] : deniedMembers[`${owner}.${property}`];
    if (advice !== undefined) this.#take(node.start, `${owner}.${property}`, advice);
  }

  #name(node: Node, parent: Node | undefined, field: string): void {
    const name = node['name'] as string;
    if (parent === undefined || isOnlyALabel(parent, field) || allowedMembers.has(`${name}.${memberOf(parent, field)}`)) return;
    const advice = deniedGlobals[name];
    if (advice !== undefined) this.#take(node.start, name, advice);
    else if (name === 'Date' && !isHarmlessDate(parent, field)) this.#take(node.start, 'the present Date', 'take a clock');
  }

  #take(start: number, what: string, advice: string): void {
    const line = this.#line(start);
    if (!this.taken.some((one) => one.line === line)) this.taken.push({ line, text: `${what}: ${advice}` });
  }

  /** Line of an offset. Offsets mostly grow, so counting goes on from the last one. */
  #line(offset: number): number {
    if (offset < this.#countedTo) {
      this.#countedTo = 0;
      this.#countedLine = 1;
    }
    for (let at = this.#text.indexOf('\n', this.#countedTo); at >= 0 && at < offset; at = this.#text.indexOf('\n', at + 1)) {
      this.#countedLine++;
      this.#countedTo = at + 1;
    }
    return this.#countedLine;
  }
}

/** The member read of an object at this place, `''` where none is. */
const memberOf = (parent: Node, field: string): string =>
  parent.type === 'MemberExpression' && field === 'object' ? (identifier(parent['property']) ?? '') : '';

/** True where an identifier is the name of a member and refers to nothing by itself. */
const isOnlyALabel = (parent: Node, field: string): boolean =>
  (field === 'property' && parent['computed'] !== true) ||
  (field === 'key' && parent['computed'] !== true && !(parent.type === 'Property' && parent['shorthand'] === true)) ||
  parent.type === 'ImportSpecifier' ||
  parent.type === 'ExportSpecifier' ||
  parent.type === 'LabeledStatement';

/** `new Date(moment)`, `instanceof Date`, `Date.parse`, `Date.UTC` and the type `Date` read no clock. */
function isHarmlessDate(parent: Node, field: string): boolean {
  if (parent.type.startsWith('TS')) return true;
  if (parent.type === 'NewExpression') return field === 'callee' && (parent['arguments'] as unknown[]).length > 0;
  if (parent.type === 'BinaryExpression') return parent['operator'] === 'instanceof' && field === 'right';
  return parent.type === 'MemberExpression' && field === 'object'; // `Date.now` has its own entry
}
