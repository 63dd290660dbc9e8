import fc from 'fast-check';
import { expect, it } from 'vitest';
import { acceptedRequestId, formatTraceparent, parseTraceparent, requestedTimeoutMs } from './index.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

it('H6 a traceparent of version 00 gives its ids and flags, and only the flags that are known', () => {
  expect(parseTraceparent(`00-${traceId}-${parentId}-01`)).toEqual({ traceId, parentId, flags: 1 });
  expect(parseTraceparent(`00-${traceId}-${parentId}-ff`)).toEqual({ traceId, parentId, flags: 3 });
  expect(parseTraceparent(formatTraceparent(traceId, parentId, 3))).toEqual({ traceId, parentId, flags: 3 });
});

it('H6 a later version is read by its first four fields', () => {
  expect(parseTraceparent(`cc-${traceId}-${parentId}-01`)).toMatchObject({ traceId });
  expect(parseTraceparent(`cc-${traceId}-${parentId}-01-what-is-new`)).toMatchObject({ traceId });
});

it.each([
  ['an empty text', ''],
  ['no text', undefined],
  ['a list, as a header sent twice becomes', [`00-${traceId}-${parentId}-01`, 'x']],
  ['two joined by a comma', `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`],
  ['upper case', `00-${traceId.toUpperCase()}-${parentId}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['version ff', `ff-${traceId}-${parentId}-01`],
  ['a version that is no number', `zz-${traceId}-${parentId}-01`],
  ['flags that are no number', `00-${traceId}-${parentId}-0x`],
  ['version 00 with more behind', `00-${traceId}-${parentId}-01-more`],
  ['a later version with more behind and no dash', `cc-${traceId}-${parentId}-01.more`],
  ['one digit too few', `00-${traceId.slice(1)}-${parentId}-01`],
  ['other separators', `00_${traceId}_${parentId}_01`],
  ['a space in front', ` 00-${traceId}-${parentId}-01`],
])('H6 %s is no traceparent: the request begins its own trace', (_, given) => {
  expect(parseTraceparent(given)).toBeUndefined();
});

it('H6 X4 no text at all makes the reader of traceparent fail, or give ids that are not hexadecimal', () => {
  const nearly = fc.string({ minLength: 50, maxLength: 60, unit: fc.constantFrom(...'0123456789abcdefA-g ') });
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const read = parseTraceparent(text);
      return read === undefined || (/^[0-9a-f]{32}$/.test(read.traceId) && /^[0-9a-f]{16}$/.test(read.parentId));
    }),
  );
});

it('H6 X4 a request id is taken over at 128 characters and replaced at 129', () => {
  expect(acceptedRequestId('a'.repeat(128))).toBe('a'.repeat(128));
  expect(acceptedRequestId('a'.repeat(129))).toBeUndefined();
  expect(acceptedRequestId('req-01HV._~:/+=@Z')).toBe('req-01HV._~:/+=@Z');
});

it.each(['', 'with space', 'line\nbreak', 'tab\t', 'quote"', '<script>', 'ü', '\0', '\u2028', ['a', 'b'], undefined, 7])(
  'H6 X4 %j is not taken over as a request id',
  (given) => {
    expect(acceptedRequestId(given)).toBeUndefined();
  },
);

it('F3 a client may say how long it waits, in ms or in words, and nothing else is believed', () => {
  expect(['1500', '1.5s', '250ms', '1h'].map(requestedTimeoutMs)).toEqual([1500, 1500, 250, 3_600_000]);
  for (const wrong of ['0', '-5', '', '1e3', '2h', '3600001', 'soon', '5 s', '9'.repeat(30), undefined, ['1s']])
    expect(requestedTimeoutMs(wrong)).toBeUndefined();
});
