import { expect, it } from 'vitest';
import { demoLog } from './log.ts';

it('O1 a warning is one line that says where and by which id, without statement or values', () => {
  const lines: string[] = [];
  const log = demoLog((line) => lines.push(line));
  const fields = {
    operation: 'GET /retail/products',
    status: 503,
    code: 'MILLRACE_UNAVAILABLE',
    correlationId: 'id-1',
    message: 'params: canary',
    stack: 'at x',
  };
  log.error(fields, 'A request failed');
  log.warn({ error: { message: 'canary' } }, 'The database is away');
  log.info(fields, 'not shown');
  expect(lines).toEqual(['A request failed: GET /retail/products 503 MILLRACE_UNAVAILABLE id-1', 'The database is away']);
});

it('O1 a database that is away does not fill the terminal', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = demoLog(
    (line) => lines.push(line),
    () => nowMs,
  );
  for (let i = 0; i < 500; i++) log.error({}, 'A request failed');
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toContain('and more');
  nowMs += 10_000;
  log.error({}, 'A request failed');
  expect(lines).toHaveLength(22);
});
