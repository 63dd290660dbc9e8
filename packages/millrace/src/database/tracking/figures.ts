import { Histogram } from '../../telemetry/index.ts';

/** What one group of statements cost. Plain fields: the hot path only adds. */
export class StatementFigures {
  /** Normalized text. */
  readonly statement: string;
  /** The text's beginning, for the waterfall and for messages. */
  readonly name: string;
  count = 0;
  errors = 0;
  slow = 0;
  rows = 0;
  totalMicros = 0;
  maxMicros = 0;
  /** Made with the second call: most texts of a flood are seen once, and a histogram holds 27 kB. */
  #histogram: Histogram | undefined = undefined;

  constructor(statement: string) {
    this.statement = statement;
    this.name = statement.length > 80 ? `${statement.slice(0, 79)}…` : statement;
  }

  record(micros: number, rows: number, failed: boolean): void {
    if (this.count === 1) {
      this.#histogram = new Histogram();
      this.#histogram.record(this.totalMicros);
    }
    this.count++;
    if (failed) this.errors++;
    this.rows += rows;
    this.totalMicros += micros;
    if (micros > this.maxMicros) this.maxMicros = micros;
    this.#histogram?.record(micros);
  }

  quantileMs(q: number): number {
    return (this.#histogram?.quantile(q) ?? this.totalMicros) / 1000;
  }
}

/** One group of statements, as its reader sees it. */
export interface StatementReading {
  /** Normalized: no values, no lists, no comments. `other` gathers what did not fit the table. */
  readonly statement: string;
  readonly count: number;
  readonly errors: number;
  readonly slow: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

export const readingOf = (figures: StatementFigures): StatementReading => ({
  statement: figures.statement,
  count: figures.count,
  errors: figures.errors,
  slow: figures.slow,
  rows: figures.rows,
  totalMs: figures.totalMicros / 1000,
  meanMs: figures.count === 0 ? 0 : figures.totalMicros / figures.count / 1000,
  p50Ms: figures.quantileMs(0.5),
  p95Ms: figures.quantileMs(0.95),
  maxMs: figures.maxMicros / 1000,
});
