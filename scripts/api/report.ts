import { dirname, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';

/** The reports of all doors by name, and under `shared` the declarations that doors mention and none exports. */
export type Reports = ReadonlyMap<string, string>;

/**
 * A door's API as text: every exported name with its declaration and comment, sorted. Names that its signatures mention without the door
 * exporting them are listed below: where another door exports them that door is named, else their text stands once, in `shared`, since a user
 * cannot write them down but a change of theirs changes every door.
 */
export function apiReports(doors: ReadonlyMap<string, string>, read: (file: string) => string): Reports {
  const files = new Files(read);
  const found = new Map([...doors].map(([door, file]) => [door, files.exportsOf(file)]));
  const homes = new Map<string, string>();
  for (const [door, declarations] of found) for (const { file, name } of declarations.values()) if (!homes.has(`${file} ${name}`)) homes.set(`${file} ${name}`, door);
  const shared = new Map<string, Declaration>();
  const reports = new Map<string, string>();
  for (const [door, declarations] of found) {
    const mentioned = mentionedBy(declarations, files);
    const notes = new Map<string, string[]>();
    for (const one of mentioned) {
      const key = `${one.file} ${one.name}`;
      const home = homes.get(key);
      if (home === undefined) shared.set(key, one);
      const note = home === undefined ? 'exported by no door, see shared' : `exported by ${home}`;
      notes.set(note, [...(notes.get(note) ?? []), one.name]);
    }
    reports.set(door, `${texts([...declarations.entries()])}${[...notes].sort().map(([note, names]) => `\n// mentioned, ${note}: ${[...new Set(names)].sort().join(', ')}\n`).join('')}`);
  }
  reports.set('shared', texts([...shared.values()].map((one) => [one.name, one])));
  return reports;
}

const texts = (declarations: [string, Declaration][]): string =>
  `${declarations
    .sort(([a, { file }], [b, other]) => (a === b ? (file < other.file ? -1 : 1) : a < b ? -1 : 1))
    .map(([, { text }]) => text)
    .join('\n\n')}\n`;

interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/** What a file declares itself, and which names it imports from where. */
interface Scope {
  readonly own: Map<string, string>;
  readonly imported: Map<string, { readonly file: string | undefined; readonly name: string }>;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const nodes = (value: unknown): Node[] => (Array.isArray(value) ? (value as Node[]) : []);
const child = (node: Node, key: string): Node | undefined => (node[key] ?? undefined) as Node | undefined;
/** The name of an identifier, or the text of a string literal where one stands in its place. */
const nameOf = (node: Node | undefined): string => (node ? ((node['name'] ?? node['value']) as string) : '');

class Files {
  readonly #read: (file: string) => string;
  readonly #exports: Map<string, Map<string, Declaration>> = new Map();
  readonly #scopes: Map<string, Scope> = new Map();

  constructor(read: (file: string) => string) {
    this.#read = read;
  }

  scopeOf(file: string): Scope | undefined {
    return this.#scopes.get(file);
  }

  exportsOf(file: string): Map<string, Declaration> {
    const known = this.#exports.get(file);
    if (known) return known;
    const found = new Map<string, Declaration>();
    this.#exports.set(file, found);
    const text = this.#read(file);
    const body = parseSync(file, text).program.body as unknown as Node[];
    const scope: Scope = { own: new Map(), imported: new Map() };
    this.#scopes.set(file, scope);
    for (const node of body) this.#declare(node, file, text, scope, found);
    for (const node of body) this.#forward(node, file, scope, found);
    return found;
  }

  /** First pass: imports and what the file declares itself; overloads of one name add up. */
  #declare(node: Node, file: string, text: string, { own, imported }: Scope, found: Map<string, Declaration>): void {
    if (node.type === 'ImportDeclaration') {
      const from = targetOf(file, child(node, 'source'));
      for (const one of nodes(node['specifiers'])) imported.set(nameOf(child(one, 'local')), { file: from, name: nameOf(child(one, 'imported')) || '*' });
      return;
    }
    const said = `${commentBefore(text, node.start)}\n${text.slice(node.start, node.end)}`.trim();
    const id = child(node, 'id');
    if (node.type === 'TSModuleDeclaration' && id?.type === 'Literal') {
      found.set(`declare module ${nameOf(id)}`, { file, name: nameOf(id), text: said });
      return;
    }
    for (const name of declaredNames(child(node, 'declaration') ?? node)) {
      const before = own.get(name);
      own.set(name, before === undefined ? said : `${before}\n${said}`);
      if (node.type === 'ExportNamedDeclaration') found.set(name, { file, name, text: own.get(name) as string });
    }
  }

  /** Second pass: what the file hands on from others. */
  #forward(node: Node, file: string, { own, imported }: Scope, found: Map<string, Declaration>): void {
    if (node.type === 'ExportAllDeclaration') {
      const from = targetOf(file, child(node, 'source'));
      if (from) for (const [name, one] of this.exportsOf(from)) found.set(name, one);
    }
    if (node.type !== 'ExportNamedDeclaration') return;
    for (const specifier of nodes(node['specifiers'])) {
      const name = nameOf(child(specifier, 'exported'));
      const local = nameOf(child(specifier, 'local'));
      const source = child(node, 'source');
      const via = source ? { file: targetOf(file, source), name: local } : imported.get(local);
      const declared = via?.file ? this.exportsOf(via.file).get(via.name) : undefined;
      found.set(name, declared ?? { file, name, text: own.get(local) ?? `export { ${name} } from '${source ? nameOf(source) : 'a package'}';` });
    }
  }
}

const targetOf = (from: string, source: Node | undefined): string | undefined => {
  const request = nameOf(source);
  return request.startsWith('.') ? resolve(dirname(from), request.replace(/\.[jt]s$/, '.d.ts')) : undefined;
};

const declaredNames = (node: Node): string[] => {
  const several = nodes(node['declarations']);
  if (several.length > 0) return several.map((one) => nameOf(child(one, 'id')));
  const id = child(node, 'id');
  return id ? [nameOf(id)] : [];
};

const commentBefore = (text: string, start: number): string => /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text.slice(0, start))?.[0].trimEnd() ?? '';

/** Everything that the signatures of `exported` mention, and what that mentions in turn, without `exported` itself. */
function mentionedBy(exported: ReadonlyMap<string, Declaration>, files: Files): Declaration[] {
  const known = new Set([...exported.values()].map(({ text }) => text));
  const found: Declaration[] = [];
  const queue = [...exported.values()];
  for (let one = queue.shift(); one; one = queue.shift()) {
    const scope = files.scopeOf(one.file);
    if (!scope) continue;
    for (const word of new Set(one.text.replace(/\/\*[\s\S]*?\*\//g, '').match(/[A-Za-z_$][\w$]*/g))) {
      const via = scope.imported.get(word);
      const own = scope.own.get(word);
      const mentioned = via?.file ? files.exportsOf(via.file).get(via.name) : own === undefined ? undefined : { file: one.file, name: word, text: own };
      if (!mentioned || known.has(mentioned.text)) continue;
      known.add(mentioned.text);
      found.push(mentioned);
      queue.push(mentioned);
    }
  }
  return found;
}
