/** What the embedded server tells. `pid` is the server's own, never the supervisor's. */
export interface EmbeddedEvents {
  /** It takes connections. */
  'database.embedded.started': { readonly pid: number; readonly port: number; readonly tookMs: number };
  /** A server left behind by a start that was killed was found running and is ours now. */
  'database.embedded.adopted': { readonly pid: number; readonly port: number };
  /** It ended although nobody asked it to; it is started again in `retryInMs`. */
  'database.embedded.exited': { readonly pid: number; readonly lastWords: string; readonly restart: number; readonly retryInMs: number };
  /** It ended once more than is allowed within the window, and is left alone. */
  'database.embedded.failed': { readonly restarts: number; readonly windowMs: number; readonly lastWords: string };
  /** Something an earlier start left behind was cleared away: in words. */
  'database.embedded.recovered': { readonly what: string };
  /** The unprivileged user cannot reach the directory asked for, so the data lies elsewhere. */
  'database.embedded.relocated': { readonly wanted: string; readonly used: string };
  'database.embedded.stopped': { readonly pid: number; readonly tookMs: number; readonly how: 'fast' | 'immediate' | 'killed' };
}
