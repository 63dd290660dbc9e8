export type { ChangedRows } from './applier.ts';
export { changesErrors } from './errors.ts';
export type { ChangesEvents } from './events.ts';
export { ChangeFeed, type ChangeFeedOptions, type ChangeFeedPorts, type ChangeFeedTrust, type ChangesRole, type ChangesStatus } from './feed.ts';
export type { FeedTrust, FleetChannel } from './fleet/index.ts';
export { parseLsn } from './positions.ts';
export type { Snapshot } from './snapshot.ts';
export { VisibilityGuard, type VisibilityPorts } from './visibility.ts';
