import { expect, it } from 'vitest';
import { TestClock } from '../../testing/index.ts';
import type { ReplicationConnection } from '../driver/index.ts';
import { ChangeStream } from './stream.ts';

class ScriptedConnection implements ReplicationConnection {
  readonly processId = 1;
  readonly commands: string[] = [];
  readonly sent: Buffer[] = [];
  readonly ended: Promise<Error | undefined>;
  say: (message: Buffer) => void = () => {};
  #end: (cause: Error | undefined) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    this.#end = resolve;
  }

  command(text: string): Promise<{ consistent_point: string }[]> {
    this.commands.push(text);
    return Promise.resolve([{ consistent_point: '0/10' }]);
  }

  follow(text: string, onData: (message: Buffer) => void): Promise<void> {
    this.commands.push(text);
    this.say = onData;
    return Promise.resolve();
  }

  send(message: Buffer): void {
    this.sent.push(message);
  }

  async end(): Promise<void> {
    this.destroy();
    await this.ended;
  }

  destroy(cause?: Error): void {
    this.#end(cause);
  }
}

const keepAlive = (lsn: bigint, wantsAnswer: boolean): Buffer => {
  const message = Buffer.alloc(18);
  message[0] = 0x6b;
  message.writeBigUInt64BE(lsn, 1);
  message[17] = wantsAnswer ? 1 : 0;
  return message;
};

async function opened() {
  const clock = new TestClock();
  const connection = new ScriptedConnection();
  const stream = new ChangeStream(connection, clock, 'millrace_x', { onCommit: () => {}, onPosition: () => {} });
  await stream.open();
  return { clock, connection, stream };
}

it('C8 the slot is temporary, and the server is asked to answer every second', async () => {
  const { clock, connection, stream } = await opened();
  expect(connection.commands[0]).toMatch(/^CREATE_REPLICATION_SLOT "millrace_x" TEMPORARY LOGICAL pgoutput/);
  for (let second = 1; second <= 20; second++) {
    await clock.advance(1000);
    connection.say(keepAlive(BigInt(second), false));
  }
  expect(connection.sent).toHaveLength(20);
  expect(connection.sent.every((status) => status[0] === 0x72 && status.length === 34 && status[33] === 1)).toBe(true);
  expect(connection.sent[19]?.readBigUInt64BE(9)).toBe(19n);
  connection.say(keepAlive(99n, true));
  expect([connection.sent[20]?.readBigUInt64BE(9), connection.sent[20]?.[33]]).toEqual([99n, 0]);
  await stream.close();
  expect(await stream.ended()).toBeUndefined();
});

it('C8 a stream that is silent for five seconds is given up', async () => {
  const { clock, connection, stream } = await opened();
  await clock.advance(4000);
  connection.say(keepAlive(1n, false));
  for (let second = 0; second < 5; second++) await clock.advance(1000);
  expect(connection.sent).toHaveLength(9);
  await clock.advance(1000);
  expect(await stream.ended()).toMatchObject({ code: 'MILLRACE_CHANGES_SILENT', retryable: true });
});
