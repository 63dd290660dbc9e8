/** What a caller hands down with a call: end, abort, priority. Whatever Millrace's doors take fits. */
export interface Call {
  readonly signal?: AbortSignal | undefined;
}

/** One kind of value behind a cache. */
export interface Cached<Key, Value> {
  /** Undefined where there is none. */
  get(key: Key, call?: Call): Promise<Value | undefined>;
  /** Drops it wherever it is kept. */
  invalidate(key: Key): Promise<unknown>;
}
