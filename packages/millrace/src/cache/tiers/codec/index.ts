export { decodeEnvelope, encodeEnvelope } from './envelope.ts';
export { CodecError, codecErrors } from './errors.ts';
export { decodeValue, encodeValue } from './values.ts';
