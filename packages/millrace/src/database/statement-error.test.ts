import { expect, it } from 'vitest';
import { serverError } from '../../test/support/scripted-driver.ts';
import { statementError } from './statement-error.ts';

it('D2 an SQL error tells its place, and a long text only what is round it', () => {
  const text = `select ${'a, '.repeat(100)} prize from products where name = 'secret'`;
  const error = statementError(
    Object.assign(serverError('42703', 'column "prize" does not exist'), { position: String(text.indexOf('prize') + 1), hint: 'Perhaps you meant "price".' }),
    text,
  );
  expect((error as Error).message).toBe(
    `column "prize" does not exist, at character ${text.indexOf('prize') + 1} of \`…${'a, '.repeat(13)}prize from products where name = *******…\` (SQLSTATE 42703); Perhaps you meant "price".`,
  );
});

it('D2 what may be tried again, what conflicts, and what lost its connection are told apart', () => {
  expect(statementError(serverError('40001'), '')).toMatchObject({ code: 'MILLRACE_QUERY', retryable: true, status: 500 });
  expect(statementError(serverError('40P01'), '')).toMatchObject({ retryable: true });
  expect(statementError(serverError('23505'), '')).toMatchObject({ retryable: false, status: 409, sqlState: '23505' });
  expect(statementError(serverError('57P01'), '')).toMatchObject({ code: 'MILLRACE_CONNECTION_LOST', sqlState: '57P01', retryable: false });
  const other = new Error('not from the server');
  expect(statementError(other, '')).toBe(other);
});

it('D2 a value that the server quotes is not repeated', () => {
  const error = statementError(serverError('22P02', 'invalid input syntax for type integer: "4111 1111 1111 1111"'), 'select $1::int');
  expect((error as Error).message).toBe('invalid input syntax for type integer: "…" (SQLSTATE 22P02)');
});
