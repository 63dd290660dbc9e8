import { expect, it } from 'vitest';
import * as errors from './errors.ts';
import { embeddedErrors } from './errors.ts';

it('O1 every error of the embedded server is in its catalogue, and its message is one line', () => {
  const made = [
    new errors.NoDatabaseError('x'),
    new errors.EmbeddedInUseError('d', 1),
    new errors.EmbeddedDirectoryError('d', 'r'),
    new errors.EmbeddedVersionError('d', '15', '18'),
    new errors.EmbeddedStartError('w', 'l'),
  ];
  expect(made.map(({ code }) => code).sort()).toEqual(Object.keys(embeddedErrors).sort());
  for (const { message, code, retryable, status } of made) {
    expect(message).not.toContain('\n');
    expect(embeddedErrors[code]).toMatchObject({ retryable, status });
  }
});
