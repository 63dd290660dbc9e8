import { posix } from 'node:path';
import { shortestCycles } from './cycles.ts';
import { type Reading, readSource } from './read.ts';
import { beside, besideSeesUpTo, computedImport, computedRequire, floors, foreign, systemFolder } from './table.ts';

/** Everything the check looks at: sources by their path in the repository, and the public doors of the library (`millrace/cache` and so on). */
export interface House {
  readonly sources: ReadonlyMap<string, string>;
  readonly doors: ReadonlyMap<string, string>;
}

const library = 'packages/millrace/src/';
const libraryTests = 'packages/millrace/test/';
const services = 'services/';

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const areaOf = (inside: string): string => inside.slice(0, Math.max(0, inside.indexOf('/')));
const floorOf = (area: string): number | undefined => (area === beside ? besideSeesUpTo + 0.5 : floors[area]);

/** Down only, through the door only, never sideways, never up; no cycles, types included. Returns one line per offence. */
export function checkHouse(house: House): string[] {
  const problems: string[] = [];
  const graph = new Map<string, Set<string>>();
  for (const [path, text] of house.sources) {
    const reading = readSource(path, text);
    if (reading.broken !== undefined) problems.push(`${path}: ${reading.broken}`);
    const say = (line: number, what: string): unknown => problems.push(`${path}:${line}: ${what}`);
    if (path.startsWith(library)) checkLibraryFile(path.slice(library.length), reading, house, say, graph);
    else if (path.startsWith(libraryTests)) checkLibraryTest(path, reading, house, say);
    else if (path.startsWith(services)) checkService(path, reading, house, say);
  }
  for (const circle of shortestCycles(graph)) problems.push(`cycle: ${[...circle, circle[0]].join(' → ')}`);
  return problems;
}

type Say = (line: number, what: string) => unknown;

function checkLibraryFile(inside: string, reading: Reading, house: House, say: Say, graph: Map<string, Set<string>>): void {
  const area = areaOf(inside);
  if (floorOf(area) === undefined) return void say(1, `${area === '' ? 'a file outside every area' : `${area} is on no floor`}: see scripts/floors/table.ts`);
  const test = isTest(inside);
  const edges = new Set<string>();
  for (const { specifier, line } of reading.requests) {
    if (specifier.startsWith('.')) {
      const to = posix.join(posix.dirname(inside), specifier);
      if (!test) edges.add(to);
      checkNeighbour(inside, to, house, (what) => say(line, what));
    } else if (!test) checkForeign(inside, specifier, (what) => say(line, what));
  }
  if (test) return;
  graph.set(inside, edges);
  if (!inside.startsWith(systemFolder) && area !== beside) for (const { line, text } of reading.taken) say(line, text);
  for (const { line, text, kind } of reading.computed)
    if (!(kind === 'import' ? computedImport : computedRequire).some((place) => inside.startsWith(place))) say(line, text);
}

/** An import of another area: its door, and for all but test files a lower floor. */
function checkNeighbour(from: string, to: string, { doors }: House, say: (what: string) => unknown): void {
  const area = areaOf(from);
  const other = areaOf(to);
  if (other === area) return;
  if (isTest(from) && to.startsWith('../test/')) return;
  if (to.startsWith('..')) return void say(`${to} lies outside the library`);
  const chain = `${from} (${place(area)}) → ${to} (${place(other)})`;
  if (!isDoor(to, doors)) say(`${chain}: not through the door, import ${other}/index.ts`);
  if (isTest(from)) return;
  if (other === beside) return void say(`${chain}: only test files see ${beside}`);
  const floor = floorOf(area) as number;
  const otherFloor = floorOf(other);
  if (otherFloor === undefined || otherFloor < floor) return;
  say(`${chain}: ${otherFloor === floor ? 'sideways' : 'upwards'}; declare a port here and let platform join the two`);
}

const place = (area: string): string => (area === beside ? 'beside' : `floor ${floors[area] ?? '?'}`);
const isDoor = (to: string, doors: House['doors']): boolean => to === `${areaOf(to)}/index.ts` || [...doors.values()].includes(to);

function checkForeign(inside: string, specifier: string, say: (what: string) => unknown): void {
  if (specifier.startsWith('node:')) {
    if (areaOf(inside) === 'kernel' && !inside.startsWith(systemFolder)) say(`${specifier} in the kernel outside ${systemFolder}`);
    return;
  }
  const name = packageOf(specifier);
  const folders = foreign[name] ?? foreign[`${name.slice(0, name.indexOf('/'))}/*`];
  if (folders?.some((folder) => inside.startsWith(folder))) return;
  say(`${specifier} may be imported ${folders ? `only in ${folders.join(', ')}` : 'nowhere in the library'}`);
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Tests beside the library may use its doors by name, and the doors of its rooms by path; nothing behind them. */
function checkLibraryTest(path: string, { requests }: Reading, { doors }: House, say: Say): void {
  for (const { specifier, line } of requests) {
    if (specifier.startsWith('.')) {
      const to = posix.join(posix.dirname(path), specifier);
      if (to.startsWith(library) && !to.endsWith('/index.ts')) say(line, `${to}: not a door`);
    } else checkPublicDoor(specifier, doors, (what) => say(line, what));
  }
}

/** A service is a stranger: public doors, other workspace packages by their names, and nothing by path outside its own folder. */
function checkService(path: string, { requests }: Reading, { doors }: House, say: Say): void {
  const own = path.split('/').slice(0, 2).join('/');
  for (const { specifier, line } of requests) {
    if (specifier.startsWith('.')) {
      const to = posix.join(posix.dirname(path), specifier);
      if (!to.startsWith(`${own}/`)) say(line, `${to} lies outside ${own}: a service imports public doors, as a stranger would`);
    } else checkPublicDoor(specifier, doors, (what) => say(line, what));
  }
}

function checkPublicDoor(specifier: string, doors: House['doors'], say: (what: string) => unknown): void {
  if ((specifier === 'millrace' || specifier.startsWith('millrace/')) && !doors.has(specifier)) say(`${specifier} is no public door of the library`);
}
