import { namedTests } from './names.ts';

export interface Requirement {
  readonly title: string;
  /** *begun*: the part named works and is tested; *done*: the whole. Neither: nobody began. Set by hand. */
  readonly state?: 'begun' | 'done';
  /** Which part of a begun requirement works. */
  readonly part?: string;
}

export interface Requirements {
  readonly areas: Readonly<Record<string, string>>;
  readonly requirements: Readonly<Record<string, Requirement>>;
}

/** For every id, the test files that name it. */
export type Proofs = ReadonlyMap<string, ReadonlySet<string>>;

export function readProofs(tests: ReadonlyMap<string, string>, { requirements }: Requirements): { proofs: Proofs; problems: string[] } {
  const proofs = new Map<string, Set<string>>();
  const problems: string[] = [];
  for (const [path, text] of tests) {
    for (const { ids, line } of namedTests(path, text)) {
      for (const id of ids) {
        if (!(id in requirements)) problems.push(`${path}:${line}: a test names ${id}, which docs/requirements.json does not know`);
        const files = proofs.get(id) ?? new Set();
        proofs.set(id, files.add(path));
      }
    }
  }
  return { proofs, problems };
}

/** A state needs a test; a begun one says which part; what a test names has a state. */
export function checkStates({ requirements, areas }: Requirements, proofs: Proofs): string[] {
  const problems: string[] = [];
  for (const [id, { state, part }] of Object.entries(requirements)) {
    const isProved = proofs.has(id);
    if (state !== undefined && !isProved) problems.push(`${id} is ${state}, but no test names it`);
    if (state === undefined && isProved)
      problems.push(`${id} is named by ${[...(proofs.get(id) ?? [])].join(', ')}, but docs/requirements.json says neither begun nor done`);
    if (state === 'begun' && !part) problems.push(`${id} is begun: docs/requirements.json must say which part`);
    if (state === 'done' && part) problems.push(`${id} is done and has a part: one of the two is wrong`);
    if (!(id.charAt(0) in areas)) problems.push(`${id} belongs to no area`);
  }
  return problems;
}

/** `docs/requirements.md`, made from the states and the tests. */
export function requirementsPage({ areas, requirements }: Requirements, proofs: Proofs): string {
  const all = Object.entries(requirements);
  const count = (state: string | undefined): number => all.filter(([, one]) => one.state === state).length;
  const tables = Object.entries(areas).map(([letter, area]) => {
    const rows = all.filter(([id]) => id.charAt(0) === letter).map(([id, one]) => row(id, one, proofs.get(id)));
    return `## ${area}\n\n| id | what | state | proved by |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Requirements

<!-- generated from docs/requirements.json and the names of the tests: npm run requirements -- --update -->

*Begun* means that the part named works for a user and a test names it; *done* means the whole does. States are set by hand; \`npm run check\` fails when one
loses its test. Of ${all.length}: ${count('done')} done, ${count('begun')} begun, ${count(undefined)} not begun.

${tables.join('\n')}`;
}

function row(id: string, { title, state, part }: Requirement, files: ReadonlySet<string> | undefined): string {
  const proof = [...(files ?? [])]
    .sort()
    .map((path) => `[${path.split('/').at(-1)}](../${path})`)
    .join(' · ');
  return `| ${id} | ${title} | ${state === undefined ? '–' : part === undefined ? state : `${state}: ${part}`} | ${proof} |`;
}
