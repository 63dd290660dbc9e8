import { expect, it } from 'vitest';
import { encodeEvent } from './index.ts';

it('X7 an event cannot forge a field of another', () => {
  expect(encodeEvent({ id: '7\nevent: admin', event: 'a\r\nb', data: 'one\rtwo\r\nthree\nid: 9' })).toBe(
    'id: 7event: admin\nevent: ab\ndata: one\ndata: two\ndata: three\ndata: id: 9\n\n',
  );
});
