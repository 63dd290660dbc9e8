export { EmbeddedDirectoryError, EmbeddedInUseError, EmbeddedStartError, EmbeddedVersionError, embeddedErrors, NoDatabaseError } from './errors.ts';
export type { EmbeddedEvents } from './events.ts';
export type { EmbeddedOptions } from './options.ts';
export { platformNote } from './platform.ts';
export { type EmbeddedPorts, type EmbeddedServer, type EmbeddedState, startEmbedded } from './supervisor.ts';
