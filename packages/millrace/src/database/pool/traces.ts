/**
 * Which statements leave something behind in the session: settings, listeners, temporary tables, session locks, prepared statements, cursors that
 * outlive their transaction. A connection that ran one is cleaned with DISCARD ALL before somebody else gets it.
 *
 * The text is looked at, not understood: comments and literals are cut out, then the first word of each statement and a few names are checked.
 * What is in doubt counts as a trace (DO and CALL may do anything), since a needless DISCARD ALL costs one round trip and a missed one hands
 * a tenant's search_path to the next. What a function does inside is not seen here; the server's own reports of changed settings catch most of it.
 */
import { withoutLiterals } from '../tracking/normalize.ts';

const leavingWords = new Set(['set', 'reset', 'listen', 'unlisten', 'prepare', 'deallocate', 'load', 'discard', 'do', 'call']);
const localSet = /^set\s+(local|transaction|constraints)\b/;
const leavingNames =
  /\b(set_config|pg_(try_)?advisory_lock(_shared)?|pg_temp|dblink_connect)\b|\bwith\s+hold\b|\b(create(\s+or\s+replace)?|into)\s+((local|global)\s+)?temp(orary)?\b/;

/** True when `text` may leave something behind in the session. */
export function leavesTraces(text: string): boolean {
  const plain = withoutLiterals(text).toLowerCase();
  if (leavingNames.test(plain)) return true;
  return plain.split(';').some((statement) => {
    const trimmed = statement.trimStart();
    const word = /^[a-z_]+/.exec(trimmed)?.[0];
    return word !== undefined && leavingWords.has(word) && !localSet.test(trimmed);
  });
}

/** Remembers the answers for texts seen lately: two generations of `limit` texts, so that a flood of one-off texts costs memory for no more than those. */
export class TraceMemory {
  #recent: Map<string, boolean> = new Map();
  #older: Map<string, boolean> = new Map();
  readonly #limit: number;

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  leavesTraces(text: string): boolean {
    const known = this.#recent.get(text);
    return known ?? this.#remember(text, this.#older.get(text) ?? leavesTraces(text));
  }

  #remember(text: string, answer: boolean): boolean {
    if (text.length > 10_000) return answer;
    if (this.#recent.size >= this.#limit) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(text, answer);
    return answer;
  }
}
