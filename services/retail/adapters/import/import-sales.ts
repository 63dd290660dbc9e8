import { ImportError } from '../../domain/errors.ts';
import { derive } from '../../domain/sales-file.ts';
import { type Rejections, readSales } from './read-sales.ts';
import { type BatchWriter, type ImportProgress, writeDataset } from './write-dataset.ts';

/** What an import did. */
export interface ImportReport {
  /** `present`: this file was imported before, and nothing was read into the tables. */
  readonly outcome: 'imported' | 'present';
  readonly file: string;
  readonly checksum: string;
  readonly lines: number;
  readonly accepted: number;
  readonly rejected: Rejections;
  /** Rows written into all tables together. */
  readonly rows: number;
}

/** Where an import writes: all of it or nothing. */
export interface ImportTarget {
  transaction<Result>(work: (on: BatchWriter) => Promise<Result>): Promise<Result>;
}

/** Any number that stays the same: whoever imports holds this lock, a second start waits behind it and then finds the work done. */
const lockNumber = 7_204_110_001;

/** Imports a sales file once. One transaction: a start that is killed in the middle leaves nothing, and the next begins again. */
export async function importSales(target: ImportTarget, path: string, onProgress: (progress: ImportProgress) => void): Promise<ImportReport> {
  const { file, checksum, lines, accepted, rejected } = await readSales(path);
  const report = { file, checksum, lines, accepted: accepted.length, rejected };
  return target.transaction(async (on) => {
    await on.rows('select pg_advisory_xact_lock($1)', [lockNumber]);
    const earlier = (await on.rows('select file, checksum from retail.imports limit 1')) as { file: string; checksum: string }[];
    if (earlier[0]?.checksum === checksum) return { ...report, outcome: 'present', rows: 0 };
    if (earlier[0]) throw new ImportError(otherFile(file, checksum, earlier[0]));
    if (accepted.length === 0) throw new ImportError(`${file} has no line that is a sale: ${lines} lines, ${JSON.stringify(rejected.counts)}`);
    const rows = await writeDataset(on, derive(accepted), onProgress);
    await on.rows('insert into retail.imports (checksum, file, lines, accepted, rejected) values ($1, $2, $3, $4, $5)', [
      checksum,
      file,
      lines,
      accepted.length,
      JSON.stringify(rejected),
    ]);
    return { ...report, outcome: 'imported', rows };
  });
}

const otherFile = (file: string, checksum: string, earlier: { readonly file: string; readonly checksum: string }): string =>
  `The schema retail holds the sales of ${earlier.file} (SHA-256 ${earlier.checksum.slice(0, 12)}…), ${file} is another file (${checksum.slice(0, 12)}…). Point the service at an empty database, or drop the schema first`;
