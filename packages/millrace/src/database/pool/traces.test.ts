import { expect, it } from 'vitest';
import { leavesTraces, TraceMemory } from './traces.ts';

it.each([
  'set search_path to x',
  '  SET x = 1',
  '-- c\nset x = 1',
  'select 1; set x = 1',
  'reset all',
  'listen a',
  'unlisten *',
  'prepare p as select 1',
  'deallocate all',
  'create temp table t (i int)',
  'CREATE OR REPLACE TEMPORARY VIEW v AS select 1',
  'create local temp table t (i int)',
  'select 1 as a into temp t',
  'declare c cursor with hold for select 1',
  "select set_config('a', 'b', false)",
  'select pg_advisory_lock(1)',
  'select pg_try_advisory_lock_shared(1)',
  'do $$ begin end $$',
  'call p()',
  'load $$x$$',
])('D4 %j may leave something in the session', (text) => {
  expect(leavesTraces(text)).toBe(true);
});

it.each([
  'select 1',
  'update t set a = 1',
  'insert into t values (1) on conflict do update set a = 1',
  'set local search_path to x',
  'set transaction read only',
  'set constraints all deferred',
  "select 'set x = 1'",
  "select ';set x = 1'",
  '-- set x = 1\nselect 1',
  'select temp from weather',
  'select pg_advisory_xact_lock(1)',
  'begin',
  'commit',
  'select "set" from t',
  'do_something()',
])('D4 %j leaves nothing', (text) => {
  expect(leavesTraces(text)).toBe(false);
});

it('D4 the memory of texts is bounded and right', () => {
  const memory = new TraceMemory(10);
  for (let index = 0; index < 1000; index++) {
    expect(memory.leavesTraces(`select ${index}`)).toBe(false);
    expect(memory.leavesTraces(`set a = ${index}`)).toBe(true);
    expect(memory.leavesTraces('set always = 1')).toBe(true);
  }
});
