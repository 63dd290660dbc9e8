/** A server that speaks the protocol badly. Whatever it says, no row may reach a caller who did not ask for it, and nobody may hang. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createDatabase } from 'millrace/database';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../src/testing/index.ts';

const message = (code: string, ...parts: (string | Buffer | number)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : typeof part === 'number' ? int16(part) : part)));
  const head = Buffer.alloc(5);
  head.write(code, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const ready = (status = 'I') => message('Z', Buffer.from(status));
const greeting = Buffer.concat([message('R', int32(0)), message('S', 'server_version', '18.0'), message('K', int32(4711), int32(815)), ready()]);
const columns = (...names: string[]) => message('T', names.length, ...names.flatMap((name) => [name, int32(0), 0, int32(25), -1, int32(-1), 0]));
const row = (...values: string[]) => message('D', values.length, ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]));
const failure = (code: string, severity = 'ERROR') => message('E', Buffer.from(`S${severity}\0V${severity}\0C${code}\0Mfailed\0\0`));
const parsed = message('1');
const bound = message('2');
const noData = message('n');
const complete = (tag: string) => message('C', tag);

/** Each Sync or plain Query of a client, as one unit; `say` decides what goes back. */
async function badServer(say: (unit: number, asked: string, socket: Socket) => Buffer | undefined): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let isGreeted = false;
    let units = 0;
    let rest = Buffer.alloc(0);
    let asked = '';
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        if (!isGreeted) {
          if (rest.length < 8 || rest.length < rest.readInt32BE(0)) return;
          // A CancelRequest has the length 16 and no greeting.
          if (rest.readInt32BE(0) === 16) return void socket.end();
          rest = rest.subarray(rest.readInt32BE(0));
          isGreeted = true;
          socket.write(greeting);
        }
        if (rest.length < 5 || rest.length < rest.readInt32BE(1) + 1) return;
        const code = String.fromCharCode(rest[0] as number);
        const body = rest.subarray(5, rest.readInt32BE(1) + 1);
        rest = rest.subarray(rest.readInt32BE(1) + 1);
        if (code === 'X') return void socket.end();
        if (code === 'P') asked = body.toString().split('\0')[1] as string;
        if (code === 'Q') asked = body.toString().replace('\0', '');
        if (code !== 'S' && code !== 'Q') continue;
        if (asked.includes('pg_backend_pid')) socket.write(Buffer.concat([parsed, bound, columnsOfProcess, row('4711'), complete('SELECT 1'), ready()]));
        else {
          const answer = say(++units, asked, socket);
          if (answer) socket.write(answer);
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `postgres://tester@127.0.0.1:${(server.address() as AddressInfo).port}/bad`;
}
const columnsOfProcess = message('T', 1, 'processId', int32(0), 0, int32(23), 4, int32(-1), 0);

const wholeAnswer = (asked: string) => [parsed, bound, columns('asked'), row(asked), complete('SELECT 1'), ready()];

async function through(url: string, options = {}) {
  const database = createDatabase({ url, pool: { minConnections: 0, maxConnections: 2, statementTimeout: '300ms', acquireTimeout: '1s', ...options } });
  await database.start();
  onTestFinished(() => database.stop('100ms'));
  return database;
}

it('D4 an answer that is in order passes', async () => {
  const database = await through(await badServer((_unit, asked) => Buffer.concat(wholeAnswer(asked))));
  expect(await database.query('select one')).toEqual([{ asked: 'select one' }]);
  expect(database.stats().pool).toMatchObject({ opened: 1, closed: 0 });
});

const surprises: Record<string, (asked: string) => Buffer[]> = {
  'two answers to one question': (asked) => [...wholeAnswer(asked), ...wholeAnswer('somebody else’s')],
  'a row after the end': (asked) => [...wholeAnswer(asked), row('somebody else’s')],
  'a second ReadyForQuery': (asked) => [...wholeAnswer(asked), ready()],
  'a row before its description': (asked) => [parsed, bound, row(asked), columns('asked'), complete('SELECT 1'), ready()],
  'a row with too many columns': (asked) => [parsed, bound, columns('asked'), row(asked, 'more'), complete('SELECT 1'), ready()],
  'a row without columns': () => [parsed, bound, columns('asked'), row(), complete('SELECT 1'), ready()],
  'a row where there is no data': (asked) => [parsed, bound, noData, row(asked), complete('SELECT 1'), ready()],
  'bind before parse': (asked) => [bound, parsed, columns('asked'), row(asked), complete('SELECT 1'), ready()],
  'two descriptions': (asked) => [parsed, bound, columns('asked'), columns('other'), row(asked), complete('SELECT 1'), ready()],
  'ready before the end': (asked) => [parsed, bound, columns('asked'), row(asked), ready(), complete('SELECT 1')],
  'ready at once': () => [ready()],
  'an unknown status': (asked) => [...wholeAnswer(asked).slice(0, -1), ready('?')],
  'an error, then rows': (asked) => [parsed, failure('42P01'), columns('asked'), row(asked), complete('SELECT 1'), ready()],
  'an error after the end': (asked) => [...wholeAnswer(asked), failure('XX000')],
  'a message nobody knows': (asked) => [parsed, bound, message('~', 'what'), columns('asked'), row(asked), complete('SELECT 1'), ready()],
  'a greeting again': (asked) => [greeting, ...wholeAnswer(asked)],
  'copy in the middle': (asked) => [parsed, bound, message('G', Buffer.from([0, 0, 0])), columns('asked'), row(asked), complete('SELECT 1'), ready()],
  'a short row': (asked) => [parsed, bound, columns('asked'), message('D', 1, int32(5000), Buffer.from('x')), ...wholeAnswer(asked)],
  'a message with a length below four': (asked) => [parsed, Buffer.from([0x44, 0, 0, 0, 1]), ...wholeAnswer(asked)],
};

it.each(Object.keys(surprises))('D4 %s ends the connection, and no row reaches the next caller', async (what) => {
  let isBad = true;
  const url = await badServer((_unit, asked) => {
    const answer = isBad ? surprises[what]!(asked) : wholeAnswer(asked);
    isBad = false;
    return Buffer.concat(answer);
  });
  const database = await through(url);
  const outcome = await database.query('select first').catch((error: { code: string }) => error.code);
  if (Array.isArray(outcome)) expect(outcome).toEqual([{ asked: 'select first' }]);
  else expect(outcome).toMatch(/^MILLRACE_(PROTOCOL|CONNECTION_LOST|TIMEOUT|QUERY)$/);
  // Let what was sent too much arrive.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await database.query('select second')).toEqual([{ asked: 'select second' }]);
  expect(database.stats().pool).toMatchObject({ opened: 2, closed: 1, inUse: 0 });
});

it('D4 2,000 random answers, legal, reordered, repeated, dropped and cut: no row to the wrong caller, nobody hangs', { timeout: 120_000 }, async () => {
  const random = seededRandom(7);
  const pick = (count: number) => Math.floor(random.next() * count);
  let bad = 0;
  const twist = (parts: Buffer[], asked: string): Buffer => {
    const kind = pick(6);
    if (kind === 0) return Buffer.concat(parts);
    bad++;
    const at = pick(parts.length);
    if (kind === 1) parts.splice(at, 1);
    if (kind === 2) parts.splice(at, 0, parts[pick(parts.length)] as Buffer);
    if (kind === 3) [parts[0], parts[at]] = [parts[at] as Buffer, parts[0] as Buffer];
    if (kind === 4) parts.splice(pick(parts.length + 1), 0, row(asked));
    const whole = Buffer.concat(parts);
    return kind === 5 ? whole.subarray(0, pick(whole.length)) : whole;
  };
  const url = await badServer((_unit, asked, socket) => {
    const answer = twist(wholeAnswer(asked), asked);
    // A cut answer is followed mostly by the end of the line, else by silence.
    if (answer.length < Buffer.concat(wholeAnswer(asked)).length && random.next() < 0.97) setImmediate(() => socket.destroy());
    return answer;
  });
  const database = await through(url, { maxConnections: 16, statementTimeout: '50ms', acquireTimeout: '5s', maxWaiters: 5000 });
  let wrong = 0;
  let answered = 0;
  let asked = 0;
  const ask = async (): Promise<void> => {
    while (asked < 2000) {
      const text = `select ${++asked}`;
      const outcome = await database.query(text).catch(() => undefined);
      if (outcome === undefined) continue;
      answered++;
      // A row that was repeated inside its own answer is its asker's; anything else is not.
      if (!(outcome as { asked: string }[]).every((one) => one.asked === text)) wrong++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  console.log(`${asked} asked, ${bad} answers twisted, ${answered} answered, ${wrong} wrong, ${database.stats().pool.opened} connections opened`);
  expect(answered).toBeGreaterThan(200);
  expect(bad).toBeGreaterThan(1000);
  expect(wrong).toBe(0);
});
