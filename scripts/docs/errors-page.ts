import type { ErrorCatalogue, ErrorEntry } from '../../packages/millrace/src/kernel/index.ts';

export interface AreaCatalogue {
  /** `kernel`, `database`: where the codes are declared. */
  readonly area: string;
  readonly catalogue: ErrorCatalogue;
}

/** `docs/reference/errors.md`: every code of every catalogue, by area. Generated, so that page and code cannot part. */
export function errorsPage(catalogues: readonly AreaCatalogue[]): string {
  const areas = [...new Set(catalogues.map(({ area }) => area))];
  const sections = areas.map((area) => {
    const entries = catalogues.filter((one) => one.area === area).flatMap(({ catalogue }) => Object.entries(catalogue));
    return `## ${area}\n\n${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, entry]) => section(code, entry))
      .join('\n')}`;
  });
  return `# Errors

<!-- generated from the error catalogues: npm run docs -- --update -->

Match on \`error.code\`: unlike \`instanceof\` it survives two copies of the package, and a code never changes its meaning. The message carries the figures of
the case, \`error.cause\` what lay behind it. *Retryable* says whether the same call has a fair chance later; *status* is what an HTTP adapter answers with.

${sections.join('\n')}`;
}

const section = (code: string, { title, why, do: remedy, retryable, status }: ErrorEntry): string =>
  `### ${code}

${title}.

- **Why** ${why}
- **Do** ${remedy}
- Retryable: ${retryable ? 'yes' : 'no'} · status ${status}
`;
