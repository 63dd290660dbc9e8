/**
 * Every statement is counted under its normalized text. Finding the group of a text that was seen lately is one lookup in a map; only a new text is
 * normalized. Both maps are bounded: texts by two generations of 1,000 (a flood of texts with literals in them pushes out texts, not groups),
 * groups by 1,000, after which what is new is counted together as `other`.
 */
import type { EventSink, StatSink } from '../../kernel/index.ts';
import { durationBounds, Histogram } from '../../telemetry/index.ts';
import type { DatabaseEvents, SlowStatement } from '../events.ts';
import { readingOf, StatementFigures, type StatementReading } from './figures.ts';
import { normalize } from './normalize.ts';

const mostTexts = 1000;
const mostGroups = 1000;
/** A longer text is normalized each time: as a key it would hold more memory than its group. */
const longestKey = 10_000;

/** What is known of one finished statement besides its time. */
export interface Finished {
  readonly rows: number;
  readonly failed: boolean;
  /** Builds the slow statement's event; called only when it was slow. */
  describe(): Omit<SlowStatement, 'statement' | 'tookMs' | 'rows' | 'failed'>;
}

export class StatementTracker {
  readonly #slowAfterMicros: number;
  readonly #events: EventSink<DatabaseEvents>;
  readonly #groups: Map<string, StatementFigures> = new Map();
  readonly #other: StatementFigures = new StatementFigures('other');
  readonly #all: Histogram = new Histogram();
  #recent: Map<string, StatementFigures> = new Map();
  #older: Map<string, StatementFigures> = new Map();
  #errors = 0;
  #slow = 0;

  constructor(slowAfterMs: number, events: EventSink<DatabaseEvents>) {
    this.#slowAfterMicros = slowAfterMs * 1000;
    this.#events = events;
  }

  /** The group of a text. */
  figuresOf(text: string): StatementFigures {
    return this.#recent.get(text) ?? this.#find(text);
  }

  record(figures: StatementFigures, tookMs: number, finished: Finished): void {
    const micros = tookMs * 1000;
    figures.record(micros, finished.rows, finished.failed);
    this.#all.record(micros);
    if (finished.failed) this.#errors++;
    if (micros > this.#slowAfterMicros) this.#tellSlow(figures, tookMs, finished);
  }

  /** The groups, the one with the most time in all first. */
  statements(): readonly StatementReading[] {
    const groups = [...this.#groups.values(), ...(this.#other.count > 0 ? [this.#other] : [])];
    return groups
      .filter(({ count }) => count > 0)
      .map(readingOf)
      .sort((a, b) => b.totalMs - a.totalMs);
  }

  totals(): {
    readonly count: number;
    readonly errors: number;
    readonly slow: number;
    readonly meanMs: number;
    readonly p95Ms: number;
    readonly groups: number;
  } {
    const { count } = this.#all;
    return {
      count,
      errors: this.#errors,
      slow: this.#slow,
      meanMs: count === 0 ? 0 : this.#all.mean / 1000,
      p95Ms: count === 0 ? 0 : this.#all.quantile(0.95) / 1000,
      groups: this.#groups.size,
    };
  }

  collect(sink: StatSink): void {
    sink.histogram('millrace_database_statement_seconds', 'Time of statements on the server, network included', this.#all.inSeconds(), durationBounds);
    sink.counter('millrace_database_statement_errors_total', 'Statements that failed', this.#errors);
    sink.counter('millrace_database_slow_statements_total', 'Statements over the slow threshold', this.#slow);
  }

  #find(text: string): StatementFigures {
    const known = this.#older.get(text) ?? this.#groupOf(normalize(text));
    if (text.length > longestKey) return known;
    if (this.#recent.size >= mostTexts) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(text, known);
    return known;
  }

  #groupOf(statement: string): StatementFigures {
    const known = this.#groups.get(statement);
    if (known) return known;
    if (this.#groups.size >= mostGroups) return this.#other;
    const made = new StatementFigures(statement);
    this.#groups.set(statement, made);
    return made;
  }

  #tellSlow(figures: StatementFigures, tookMs: number, { rows, failed, describe }: Finished): void {
    figures.slow++;
    this.#slow++;
    this.#events.emit('database.statement.slowed', () => ({ statement: figures.statement, tookMs, rows, failed, ...describe() }));
  }
}

/** The kinds of parameters, never their values: `string(12)`, `number`, `array(3)`, `null`. Twenty at most. */
export function describeParameters(values: readonly unknown[] = []): readonly string[] {
  const shown = values.slice(0, 20).map(kindOf);
  return values.length > 20 ? [...shown, `… ${values.length - 20} more`] : shown;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `string(${value.length})`;
  if (Array.isArray(value)) return `array(${value.length})`;
  if (value instanceof Date) return 'date';
  return ArrayBuffer.isView(value) ? `bytes(${value.byteLength})` : typeof value;
}
