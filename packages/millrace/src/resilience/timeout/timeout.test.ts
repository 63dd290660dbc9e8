import { expect, it } from 'vitest';
import { type Call, type CallContext, compose } from '../../kernel/index.ts';
import { contextFor, HangingCall, RecordedEvents, testSystem } from '../../testing/index.ts';
import { type TimeoutEvents, timeout } from './index.ts';

const setUp = (limit: '200ms' | '1s' = '200ms') => {
  const on = testSystem();
  const events = new RecordedEvents<TimeoutEvents>();
  const callee = new HangingCall<string, string>();
  const layer = timeout<string, string>(limit, { events });
  return { on, events, callee, layer, guarded: layer(callee.call), context: contextFor('price.read', {}, on) };
};

it('F3 gives up at the limit and tells the callee to stop', async () => {
  const { on, events, callee, layer, guarded, context } = setUp();
  const answer = guarded('42', context);
  const outcome = expect(answer).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT', limitMs: 200, operation: 'price.read', retryable: true });
  await on.clock.advance(199);
  expect(callee.stopped).toBe(false);
  await on.clock.advance(1);
  await outcome;
  expect(callee.stopped).toBe(true);
  expect(events.seen).toEqual([['resilience.timeout.expired', { operation: 'price.read', limitMs: 200, correlationId: context.correlationId }]]);
  expect(layer.stats()).toEqual({ calls: 1, expired: 1, overrun: 0 });
});

it('F3 passes an answer on and leaves no timer and no link behind', async () => {
  const { on, callee, guarded, context } = setUp();
  const answer = guarded('42', context);
  callee.answer('ok');
  expect(await answer).toBe('ok');
  expect(on.clock.pending).toBe(0);
  context.abort();
  expect(callee.stopped).toBe(false);
});

it('F3 passes a failure on unchanged, thrown or rejected', async () => {
  const { on, layer, context } = setUp();
  const error = new Error('no such price');
  await expect(layer(() => Promise.reject(error))('42', context)).rejects.toBe(error);
  const throws: Call<string, string> = () => {
    throw error;
  };
  await expect(layer(throws)('42', context)).rejects.toBe(error);
  expect(on.clock.pending).toBe(0);
});

it('F3 the deadline of the call wins where it is nearer', async () => {
  const { on, callee, layer } = setUp('1s');
  const context = contextFor('price.read', { timeout: '300ms' }, on);
  const outcome = expect(layer(callee.call)('42', context)).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE', limitMs: 300 });
  await on.clock.advance(300);
  await outcome;
  expect(callee.stopped).toBe(true);
});

it('F3 does not call at all when the deadline has passed or the caller has gone', async () => {
  const { on, callee, guarded } = setUp();
  const late = contextFor('price.read', { timeout: '50ms' }, on);
  await on.clock.advance(50);
  await expect(guarded('42', late)).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const gone = contextFor('price.read', { signal: AbortSignal.abort('left') }, on);
  await expect(guarded('42', gone)).rejects.toMatchObject({ code: 'MILLRACE_ABORTED', cause: 'left' });
  expect(callee.inputs).toEqual([]);
});

it('F3 passes an abort of the caller on at once', async () => {
  const { on, callee, guarded, context, events } = setUp();
  const leaving = new AbortController();
  const answer = guarded('42', context.withSignal(leaving.signal));
  const outcome = expect(answer).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  leaving.abort('client closed');
  await outcome;
  expect(callee.stopped).toBe(true);
  expect(on.clock.pending).toBe(0);
  expect(events.seen).toEqual([]);
});

it('F3 one attempt that times out aborts nobody else', async () => {
  const { on, layer, context } = setUp();
  const slow = new HangingCall<string, string>();
  const healthy = new HangingCall<string, string>();
  const first = expect(layer(slow.call)('1', context)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT' });
  await on.clock.advance(150);
  const second = layer(healthy.call)('2', context);
  await on.clock.advance(100);
  await first;
  expect(slow.stopped).toBe(true);
  expect(healthy.stopped).toBe(false);
  expect(context.isAborted).toBe(false);
  healthy.answer('fine');
  expect(await second).toBe('fine');
});

it('F3 the callee sees the tighter deadline, so that it travels on', async () => {
  const { on, layer, context } = setUp();
  let seen: CallContext | undefined;
  await layer((_input, inner) => {
    seen = inner;
    return Promise.resolve('ok');
  })('42', context);
  expect(seen?.deadlineMs).toBe(on.clock.monotonicMs() + 200);
});

it('F3 tells when a callee that was given up settles after all', async () => {
  const { on, events, callee, layer, guarded, context } = setUp();
  const outcome = expect(guarded('42', context)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT' });
  await on.clock.advance(200);
  await outcome;
  await on.clock.advance(30);
  callee.fail(new Error('too late to matter'));
  await on.clock.advance(0);
  expect(events.seen.at(-1)).toEqual(['resilience.timeout.overrun', { operation: 'price.read', limitMs: 200, lateMs: 30, outcome: 'failed' }]);
  expect(layer.stats()).toEqual({ calls: 1, expired: 1, overrun: 1 });
});

it('F6 nests: the outer limit ends the inner attempt too', async () => {
  const { on, callee, context } = setUp();
  const call = compose<string, string>(timeout('100ms'), timeout('10s'))(callee.call);
  const outcome = expect(call('42', context)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT', limitMs: 100 });
  await on.clock.advance(100);
  await outcome;
  expect(callee.stopped).toBe(true);
  expect(on.clock.pending).toBe(0);
});

it('O2 refuses a limit that is none, and names what is allowed', () => {
  expect(() => timeout('5M' as '5m')).toThrow(/timeout\.limit is "5M": write a duration such as 250ms/);
  expect(() => timeout({ limit: 0 })).toThrow(/timeout\.limit is 0/);
  expect(() => timeout({ limt: '1s' } as never)).toThrow(/timeout\.limt is not an option: did you mean limit\?/);
});
