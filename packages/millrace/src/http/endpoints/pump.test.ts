import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { contextFor, settle } from '../../testing/index.ts';
import { Pump } from './index.ts';

/** An answer whose client takes nothing until it is told to. */
class SlowAnswer extends EventEmitter {
  readonly written: string[] = [];
  ended = false;
  destroyed = false;
  write(piece: string): boolean {
    this.written.push(piece);
    return false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}
const asResponse = (answer: SlowAnswer): ServerResponse => answer as unknown as ServerResponse;

async function* count(asked: number[], onReturn: () => void): AsyncGenerator<string> {
  try {
    for (let at = 0; at < 5; at++) {
      asked.push(at);
      yield String(at);
    }
  } finally {
    onReturn();
  }
}

it('H7 X3 the next piece is asked for only when the client has taken the last', async () => {
  const [answer, asked] = [new SlowAnswer(), [] as number[]];
  const run = new Pump(
    asResponse(answer),
    count(asked, () => {}),
    contextFor('events'),
  ).run();
  await settle();
  expect([asked, answer.written]).toEqual([[0], ['0']]);
  answer.emit('drain');
  await settle();
  expect(asked).toEqual([0, 1]);
  for (let at = 0; at < 4; at++) {
    answer.emit('drain');
    await settle();
  }
  await run;
  expect([answer.written, answer.ended, answer.listenerCount('drain')]).toEqual([['0', '1', '2', '3', '4'], true, 0]);
});

it('H7 X3 when the client leaves while it takes nothing, the endpoint is told and nothing is left waiting', async () => {
  const [answer, context] = [new SlowAnswer(), contextFor('events')];
  let returned = false;
  const run = new Pump(
    asResponse(answer),
    count([], () => (returned = true)),
    context,
  ).run();
  await settle();
  context.abort();
  await run;
  expect([returned, answer.ended, answer.listenerCount('drain')]).toEqual([true, true, 0]);
});

it('H7 X3 a stop ends a stream that waits for something to happen', async () => {
  const [answer, context] = [new SlowAnswer(), contextFor('events')];
  let returned = 0;
  const never: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => ({ done: true, value: ++returned }),
    }),
  };
  const run = new Pump(asResponse(answer), never, context).run();
  await settle();
  context.abort();
  await run;
  expect([returned, answer.ended]).toEqual([1, true]);
});

it('X3 an endpoint that fails in the middle cuts the answer short instead of ending it well', async () => {
  const answer = new SlowAnswer();
  // biome-ignore lint/correctness/useYield: it fails before it yields
  const failing = (async function* (): AsyncGenerator<string> {
    throw new Error('broken');
  })();
  await expect(new Pump(asResponse(answer), failing, contextFor('events')).run()).rejects.toThrow('broken');
  expect([answer.destroyed, answer.ended]).toEqual([true, false]);
});
