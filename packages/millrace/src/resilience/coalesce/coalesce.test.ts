import { expect, it } from 'vitest';
import { type Call, type CallContext, currentContext } from '../../kernel/index.ts';
import { contextFor, HangingCall, RecordedEvents, settle, testSystem } from '../../testing/index.ts';
import { type CoalesceEvents, coalesce, Flights } from './index.ts';

const setUp = (maxKeys?: number) => {
  const on = testSystem();
  const events = new RecordedEvents<CoalesceEvents>();
  const callee = new HangingCall<string, string>();
  const layer = coalesce<string, string>((id) => id, { maxKeys }, { events });
  return { on, events, callee, layer, once: layer(callee.call), context: (timeout?: '100ms' | '1s') => contextFor('price.read', { timeout }, on) };
};

it('C5 one run answers everybody who asks while it is on its way', async () => {
  const { callee, layer, once, context } = setUp();
  const answers = Array.from({ length: 1000 }, () => once('42', context()));
  await settle();
  expect(callee.inputs).toEqual(['42']);
  callee.answer('ok');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['ok']));
  expect(layer.stats()).toEqual({ calls: 1000, runs: 1, abandoned: 0, bypassed: 0, inFlight: 0 });
  void once('42', context()).catch(() => {});
  await settle();
  expect(callee.inputs).toEqual(['42', '42']);
});

it('C5 different keys run apart', async () => {
  const { callee, once, context } = setUp();
  void once('1', context());
  void once('2', context());
  await settle();
  expect(callee.inputs).toEqual(['1', '2']);
});

it('C5 a failing run is shared, thrown or rejected, and the next caller begins anew', async () => {
  const { layer, context } = setUp();
  let runs = 0;
  const error = new Error('no such price');
  const throws: Call<string, string> = () => {
    runs++;
    throw error;
  };
  const rejects: Call<string, string> = () => {
    runs++;
    return Promise.reject(error);
  };
  for (const failing of [throws, rejects]) {
    const outcomes = await Promise.allSettled([layer(failing)('42', context()), layer(failing)('42', context())]);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([error, error]);
  }
  expect(runs).toBe(2);
  expect(layer.stats().inFlight).toBe(0);
});

it('F3 a caller leaves at its own deadline, with its own error, and the others stay', async () => {
  const { on, callee, once, context } = setUp();
  const patient = once('42', context('1s'));
  const hasty = expect(once('42', context('100ms'))).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE', limitMs: 100, operation: 'price.read' });
  await on.clock.advance(100);
  await hasty;
  expect(callee.stopped).toBe(false);
  callee.answer('ok');
  expect(await patient).toBe('ok');
  expect(on.clock.pending).toBe(0);
});

it('F3 the caller who began it may leave: the run goes on for the others', async () => {
  const { callee, once, context } = setUp();
  const first = context();
  const leaving = expect(once('42', first)).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  const second = once('42', context());
  await settle();
  first.abort();
  await leaving;
  expect(callee.stopped).toBe(false);
  callee.answer('ok');
  expect(await second).toBe('ok');
});

it('F3 when the last caller leaves the run is aborted, and the next caller begins anew', async () => {
  const { on, events, callee, layer, once, context } = setUp();
  const [one, two] = [context(), context('1s')];
  const outcomes = Promise.allSettled([once('42', one), once('42', two)]);
  await settle();
  one.abort();
  await settle();
  expect(callee.stopped).toBe(false);
  await on.clock.advance(1000);
  await outcomes;
  expect(callee.stopped).toBe(true);
  expect(events.seen).toMatchObject([['resilience.flight.abandoned', { operation: 'price.read', callers: 2, ranMs: 1000 }]]);
  expect(layer.stats()).toMatchObject({ abandoned: 1, inFlight: 0 });
  callee.answer('too late for anybody');
  await settle();
  void once('42', context()).catch(() => {});
  await settle();
  expect(callee.inputs).toHaveLength(2);
  expect(on.clock.pending).toBe(0);
});

it('F3 nothing is begun for a caller who has left or whose deadline has passed', async () => {
  const { on, callee, once, context } = setUp();
  const gone = context();
  gone.abort();
  const late = context('100ms');
  await on.clock.advance(100);
  await expect(once('42', gone)).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  await expect(once('42', late)).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  expect(callee.inputs).toEqual([]);
});

it('F3 what the work calls takes its limits from the run, not from the caller who happened to be first', async () => {
  const { on, layer } = setUp();
  let running: CallContext | undefined;
  const first = contextFor('price.read', { timeout: '100ms', correlationId: 'first' }, on);
  await layer(() => {
    running = currentContext();
    return Promise.resolve('ok');
  })('42', first);
  expect(running?.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  expect(running?.correlationId).toBe('first');
});

it('C5 a run that asks for its own key is told so and does not hang', async () => {
  const { layer, context } = setUp();
  const circle: Call<string, string> = (id, shared) => (id === 'a' ? layer(circle)('b', shared) : layer(circle)('a', shared.with({ operation: 'inner' })));
  await expect(layer(circle)('a', context())).rejects.toMatchObject({ code: 'MILLRACE_COALESCE_LOOP', operation: 'inner', depth: 2 });
  expect(layer.stats().inFlight).toBe(0);
});

it('C5 a run may ask for another key that is on its way', async () => {
  const { callee, layer, once, context } = setUp();
  const other = once('b', context());
  const nested = layer((_id, shared) => once('b', shared))('a', context());
  await settle();
  callee.answer('shared');
  expect(await Promise.all([other, nested])).toEqual(['shared', 'shared']);
});

it('C5 past the bound of keys a call runs by itself and is counted', async () => {
  const { events, callee, layer, once, context } = setUp(1);
  void once('1', context());
  void once('2', context());
  void once('2', context());
  await settle();
  expect(callee.inputs).toEqual(['1', '2', '2']);
  expect(layer.stats()).toMatchObject({ bypassed: 2, inFlight: 1 });
  expect(events.seen[0]).toMatchObject(['resilience.flight.bypassed', { maxKeys: 1 }]);
});

it('C8 a forgotten run answers those who wait, and nobody who comes later', async () => {
  const { context } = setUp();
  const flights = new Flights<string, string>();
  const callee = new HangingCall<string, string>();
  const before = flights.run('42', (shared) => callee.call('old', shared), context());
  expect(flights.forget('42')).toBe(true);
  const after = flights.run('42', () => Promise.resolve('new'), context());
  expect(await after).toBe('new');
  callee.answer('old');
  expect(await before).toBe('old');
  expect(flights.size).toBe(0);
});

it('O2 refuses a bound that is none', () => {
  expect(() => coalesce(String, { maxKeys: 0 })).toThrow(/coalesce\.maxKeys is 0: write a whole number from 1 to 1000000/);
});
