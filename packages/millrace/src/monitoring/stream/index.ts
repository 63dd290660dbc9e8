export { EventStream, type StreamOptions } from './stream.ts';
