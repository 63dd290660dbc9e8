export { type CommittedTransaction, type DecoderOptions, PgoutputDecoder, type RowChange, type RowText, type TableChange } from './decoder.ts';
export { changesErrors, DecodeError } from './errors.ts';
export { fullXid } from './xid.ts';
