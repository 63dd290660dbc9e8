import { expect, it } from 'vitest';
import { RecordedEvents } from '../../testing/index.ts';
import type { DatabaseEvents } from '../events.ts';
import { describeParameters, StatementTracker } from './index.ts';

const describe = () => ({ waitedMs: 2, parameters: ['number'], operation: 'GET /', caller: undefined, correlationId: 'c', traceId: 't' });
const setUp = () => {
  const events = new RecordedEvents<DatabaseEvents>();
  const tracker = new StatementTracker(1000, events);
  const run = (text: string, tookMs: number, failed = false) => tracker.record(tracker.figuresOf(text), tookMs, { rows: 2, failed, describe });
  return { events, tracker, run };
};

it('D3 counts, errors, rows, total, mean and percentiles per normalized statement, the dearest first', () => {
  const { tracker, run } = setUp();
  for (let ms = 1; ms <= 100; ms++) run(`select ${ms}`, ms, ms > 98);
  run('select cheap', 1);
  const [first, second] = tracker.statements();
  expect(first).toMatchObject({ statement: 'select ?', count: 100, errors: 2, rows: 200, totalMs: 5050, meanMs: 50.5, maxMs: 100 });
  expect(first!.p95Ms / 95).toBeCloseTo(1, 2);
  expect(second).toMatchObject({ statement: 'select cheap', count: 1, meanMs: 1, p95Ms: 1 });
  expect(tracker.totals()).toMatchObject({ count: 101, errors: 2, groups: 2 });
});

it('D3 a slow statement is told, a fast one is not', () => {
  const { events, run } = setUp();
  run('select pg_sleep(1)', 1000);
  expect(events.seen).toEqual([]);
  run('select pg_sleep(2)', 1001);
  expect(events.seen).toMatchObject([
    ['database.statement.slowed', { statement: 'select pg_sleep(?)', tookMs: 1001, rows: 2, failed: false, operation: 'GET /' }],
  ]);
});

it('D3 a flood of different statements fills the table and no more: the rest is counted together', () => {
  const { tracker, run } = setUp();
  for (let index = 0; index < 5000; index++) run(`select column_${index}`, 1);
  const statements = tracker.statements();
  expect(statements).toHaveLength(1001);
  expect(statements.find(({ statement }) => statement === 'other')).toMatchObject({ count: 4000 });
  run('select column_3', 1);
  expect(tracker.statements().find(({ statement }) => statement === 'select column_3')).toMatchObject({ count: 2 });
});

it('D3 parameters are told by kind, never by value', () => {
  expect(describeParameters(['secret', 5, null, undefined, [1, 2], new Date(0), Buffer.from('abc'), { a: 1 }, true])).toEqual([
    'string(6)',
    'number',
    'null',
    'null',
    'array(2)',
    'date',
    'bytes(3)',
    'object',
    'boolean',
  ]);
  expect(describeParameters(Array.from({ length: 25 }, () => 1)).at(-1)).toBe('… 5 more');
});
