import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { ImportError } from '../../domain/errors.ts';
import { type RawLine, type RejectReason, rawColumns, readLine, type SaleLine } from '../../domain/sales-file.ts';

/** A sales file as it was found. */
export interface SalesFile {
  readonly file: string;
  /** SHA-256 of its bytes. */
  readonly checksum: string;
  /** Lines below the first. */
  readonly lines: number;
  readonly accepted: readonly SaleLine[];
  readonly rejected: Rejections;
}

/** Lines that are no sales, by reason, and the first of them. */
export interface Rejections {
  readonly counts: Readonly<Partial<Record<RejectReason, number>>>;
  /** The first twenty, by the line of the file. */
  readonly examples: readonly { readonly line: number; readonly reason: RejectReason }[];
}

const mostExamples = 20;
/** The whole of the original data set has 541,909. */
const mostLines = 2_000_000;

/** Reads and judges every line. Throws `ImportError` where the file is not of that kind at all. */
export async function readSales(path: string): Promise<SalesFile> {
  const hash = createHash('sha256');
  const accepted: SaleLine[] = [];
  const rejections = new RejectionCount();
  const reader = parse({
    bom: true,
    columns: checkedColumns,
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      rejections.add(Number(error?.['lines'] ?? 0), 'unreadable');
    },
  });
  const source = createReadStream(path);
  source.on('data', (chunk) => hash.update(chunk));
  await pipeline(source, reader, async (records) => {
    for await (const { record, info } of records as AsyncIterable<Found>) {
      if (info.lines > mostLines)
        throw new ImportError(`${basename(path)} has more than ${mostLines} lines; this import holds them in memory and takes no more`);
      const sale = readLine(record);
      if (typeof sale === 'string') rejections.add(info.lines, sale);
      else accepted.push(sale);
    }
  });
  const { total, rejected } = rejections;
  return { file: basename(path), checksum: hash.digest('hex'), lines: accepted.length + total, accepted, rejected };
}

/** A line as the reader hands it over. */
interface Found {
  readonly record: RawLine;
  /** `lines`: where it stands in the file. */
  readonly info: { readonly lines: number };
}

class RejectionCount {
  readonly #counts = new Map<RejectReason, number>();
  readonly #examples: { line: number; reason: RejectReason }[] = [];
  total = 0;

  add(line: number, reason: RejectReason): void {
    this.total++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#examples.length < mostExamples) this.#examples.push({ line, reason });
  }

  get rejected(): Rejections {
    return { counts: Object.fromEntries(this.#counts), examples: this.#examples.toSorted((a, b) => a.line - b.line) };
  }
}

function checkedColumns(found: string[]): string[] {
  const missing = rawColumns.filter((column) => !found.includes(column));
  if (missing.length > 0) throw new ImportError(`The sales file has no column ${missing.join(', ')}; its first line has ${found.join(', ')}`);
  return found;
}
