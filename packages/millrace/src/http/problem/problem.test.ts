import { expect, it } from 'vitest';
import { DeadlineError, StoppedError } from '../../kernel/index.ts';
import { ConflictError, InvalidInputError, NotFoundError, RequestLimitError, UnavailableError } from '../errors.ts';
import { problemOf } from './index.ts';

const seen = (error: unknown): Record<string, unknown> => ({ ...problemOf(error, 'r-1').problem });

it('H6 each of our errors becomes its status and code', () => {
  expect(seen(new NotFoundError('Product 7'))).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Product 7 does not exist',
    code: 'MILLRACE_NOT_FOUND',
    requestId: 'r-1',
    errors: undefined,
  });
  expect(seen(new ConflictError('Stock would be negative'))).toMatchObject({ status: 409, code: 'MILLRACE_CONFLICT', detail: 'Stock would be negative' });
  expect(seen(new RequestLimitError('body', 1024))).toMatchObject({ status: 413, detail: 'The request has too long a body: at most 1024 bytes are taken' });
  expect(seen(new DeadlineError('GET /a', 50))).toMatchObject({ status: 504, code: 'MILLRACE_DEADLINE' });
});

it('H6 a wrong field is named, whether our error or a schema validator found it', () => {
  const errors = [{ field: 'price', in: 'body', message: 'must be above 0' }] as const;
  expect(seen(new InvalidInputError(errors))).toMatchObject({ status: 400, code: 'MILLRACE_INPUT', errors });
  const findings = [
    { instancePath: '', keyword: 'required', params: { missingProperty: 'name' }, message: "must have required property 'name'" },
    { instancePath: '/lines/0/a~1b', keyword: 'type', params: {}, message: 'must be integer' },
    { instancePath: '', keyword: 'additionalProperties', params: { additionalProperty: 'prize' }, message: 'must NOT have additional properties' },
  ];
  const found = Object.assign(new Error('body must have …'), { validation: findings, validationContext: 'querystring', statusCode: 400 });
  expect(seen(found)).toMatchObject({
    status: 400,
    detail: '3 fields are wrong.',
    errors: [
      { field: 'name', in: 'query', message: 'is missing' },
      { field: 'lines.0.a/b', in: 'query', message: 'must be integer' },
      { field: 'prize', in: 'query', message: 'is not known here' },
    ],
  });
});

it('X4 at most a hundred findings are passed on', () => {
  const findings = Array.from({ length: 5000 }, (_, at) => ({ instancePath: `/${at}`, keyword: 'type', message: 'must be integer' }));
  expect(seen(Object.assign(new Error('x'), { validation: findings }))['errors']).toHaveLength(100);
});

it('H6 an error nobody foresaw shows its id and nothing of itself', () => {
  const error = Object.assign(new Error('column "prize" does not exist in select prize from products'), { code: '42703', detail: 'Key (email)=(a@b.c)' });
  const { problem, isFault } = problemOf(error, 'r-2');
  expect(isFault).toBe(true);
  expect(problem).toMatchObject({ status: 500, requestId: 'r-2', code: undefined });
  expect(JSON.stringify(problem)).not.toMatch(/prize|42703|email|products/);
  for (const thrown of ['text', null, undefined, 7, { statusCode: 200 }, { statusCode: '404' }]) expect(seen(thrown)['status']).toBe(500);
});

it('H6 what is busy or away says when to come again: whole seconds, an hour at most', () => {
  expect(problemOf(new UnavailableError('The database', 1200), 'r')).toMatchObject({ retryAfterSeconds: 2, isFault: false, problem: { status: 503 } });
  expect(problemOf(new UnavailableError('The database', 1e12), 'r').retryAfterSeconds).toBe(3600);
  expect(problemOf(new StoppedError('The service'), 'r')).toMatchObject({ retryAfterSeconds: 1, problem: { status: 503 } });
  expect(problemOf(new NotFoundError('x'), 'r').retryAfterSeconds).toBeUndefined();
});

it('H6 a 5xx of ours keeps its words to itself too', () => {
  const error = new UnavailableError('PostgreSQL at db.internal:5432');
  expect(JSON.stringify(problemOf(error, 'r').problem)).not.toContain('db.internal');
});

it('H6 an error of the application that says 4xx keeps its status and words', () => {
  expect(seen(Object.assign(new Error('Only members'), { statusCode: 403 }))).toMatchObject({ status: 403, title: 'Forbidden', detail: 'Only members' });
});
