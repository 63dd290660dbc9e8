import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { contextFor, testSystem } from '../../testing/index.ts';
import { AbortLink, type CallContext, contextOf, currentContext, runInContext } from '../index.ts';

class Ear extends AbortLink {
  readonly heard: unknown[] = [];
  aborted(reason: unknown): void {
    this.heard.push(reason);
  }
}

it('F3 a narrower context never gets a later deadline', () => {
  const on = testSystem();
  const root = contextFor('report', { timeout: '2s' }, on);
  expect(root.remainingMs()).toBe(2000);
  expect(root.with({ deadlineMs: 5000 }).remainingMs()).toBe(2000);
  expect(root.with({ deadlineMs: 500 }).remainingMs()).toBe(500);
});

it('F3 an abort reaches every context below, and none above', () => {
  const root = contextFor('report');
  const middle = root.with({ operation: 'cache' });
  const leaf = middle.with({ operation: 'query' });
  const { signal } = leaf;
  middle.abort(new Error('enough'));
  expect(signal.aborted).toBe(true);
  expect(leaf.isAborted).toBe(true);
  expect(leaf.reason).toMatchObject({ message: 'enough' });
  expect(root.isAborted).toBe(false);
});

it('F3 a signal read after the abort is aborted already', () => {
  const root = contextFor('report');
  root.abort();
  expect(root.with({}).signal.reason).toMatchObject({ code: 'MILLRACE_ABORTED', operation: 'report' });
});

it('F3 an outside signal is listened to only while somebody below listens', () => {
  const leaving = new AbortController();
  const context = contextFor('report', { signal: leaving.signal });
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  const ear = new Ear();
  context.with({}).link(ear);
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1);
  ear.linkedTo?.unlink(ear);
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  leaving.abort('left');
  expect(ear.heard).toEqual([]);
  expect(context.reason).toMatchObject({ code: 'MILLRACE_ABORTED', cause: 'left' });
});

it('X3 a thousand short steps leave nothing at a long-lived parent', () => {
  const leaving = new AbortController();
  const parent = contextFor('stream', { signal: leaving.signal });
  for (let step = 0; step < 1000; step++) {
    const child = parent.with({ operation: `step ${step % 3}` });
    void child.signal;
    child.release();
  }
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
});

it('F3 work that goes on for others is out of reach of the first caller', () => {
  const first = contextFor('product.get', { timeout: '1s' });
  const shared = first.detached();
  first.abort();
  expect(shared.isAborted).toBe(false);
  expect(shared.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  expect(shared.correlationId).toBe(first.correlationId);
});

it('F3 a call takes its context from the running one, and the tighter limit wins', () => {
  const on = testSystem();
  const root = contextFor('GET /products', { timeout: '1s', priority: 'high' }, on);
  runInContext(root, () => {
    expect(currentContext()).toBe(root);
    const inherited = contextOf(on, 'query', undefined);
    expect([inherited.remainingMs(), inherited.priority, inherited.correlationId]).toEqual([1000, 10, root.correlationId]);
    expect(contextOf(on, 'query', { timeout: '5s' }).remainingMs()).toBe(1000);
    expect(contextOf(on, 'query', { timeout: '200ms', priority: 'low' })).toMatchObject({ deadlineMs: 200, priority: 1 });
  });
  expect(currentContext()).toBeUndefined();
});

it('F3 a context is a valid set of call options', () => {
  const on = testSystem();
  const given = contextFor('outer', { timeout: '1s' }, on);
  const derived: CallContext = contextOf(on, 'inner', given);
  expect([derived.operation, derived.remainingMs()]).toEqual(['inner', 1000]);
});
