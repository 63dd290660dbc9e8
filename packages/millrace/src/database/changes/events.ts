/** What the reader of changes tells. */
export interface ChangesEvents {
  /** Changes are seen from here on: read here, for the fleet or for this process alone, or heard from the reader of the fleet. */
  'database.changes.followed': { readonly tables: readonly string[]; readonly tookMs: number; readonly role: 'reader' | 'follower' | 'alone' };
  /** The reader of the fleet was not heard of for too long and still held its lock: its sessions were ended on the server. */
  'database.changes.deposed': { readonly reader: string; readonly silentMs: number };
  /** It cannot be followed at the moment. Tried again after `nextInMs`, then less and less often; told once until it is followed again. */
  'database.changes.lost': { readonly reason: string; readonly nextInMs: number };
  /** Table changes cannot be seen here: only the program's own calls invalidate. Told once for each reason; `sql` is what would change that. */
  'database.changes.fellBack': { readonly reason: string; readonly sql: string };
  /** These tables of entities are not in the stream, the others are. Told once for each. */
  'database.changes.uncovered': { readonly table: string; readonly reason: string; readonly sql: string };
  /** The publication was made, or these tables were put into it. */
  'database.changes.published': { readonly tables: readonly string[] };
  /** A change could not be handed on. The stream is given up and begun anew, so that nothing stays old. */
  'database.changes.failed': { readonly reason: string };
}
