/** What the disk tier tells. Failures of calls are told by the cache, as for every tier. */
export interface DiskTierEvents {
  /** A file that is corrupt, cut or somebody else's was put aside under the name `file`; the tier goes on with an empty one. */
  'cache.file.setAside': { readonly file: string; readonly because: string };
  /** The worker that reads and writes the file ended by itself. The next call starts another. */
  'cache.worker.ended': { readonly error: unknown };
}
