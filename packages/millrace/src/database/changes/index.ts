export { changesErrors } from './errors.ts';
export type { ChangesEvents } from './events.ts';
export { type ChangedRows, ChangeFeed, type ChangeFeedOptions, type ChangeFeedPorts, type ChangesStatus } from './feed.ts';
export { parseLsn } from './positions.ts';
export type { Snapshot } from './snapshot.ts';
export { VisibilityGuard, type VisibilityPorts } from './visibility.ts';
