export type { FleetChannel } from './channel.ts';
export { Coverage, type FeedTrust, trustMs } from './coverage.ts';
export { Election } from './election.ts';
export { decodeNote, encodeNote, type ReaderNote } from './note.ts';
