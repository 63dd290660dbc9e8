import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { createDatabase, type Database, type DatabaseEvents, type DatabaseOptions } from 'millrace/database';
import { inject, onTestFinished } from 'vitest';
import { RecordedEvents } from '../../../src/testing/index.ts';

export const url = (): string => inject('databaseUrl');

export interface Opened {
  readonly database: Database;
  readonly events: RecordedEvents<DatabaseEvents>;
  named<Name extends keyof DatabaseEvents & string>(name: Name): DatabaseEvents[Name][];
}

/** A started database that is stopped with the test. */
export async function open(options: Partial<DatabaseOptions> = {}): Promise<Opened> {
  const events = new RecordedEvents<DatabaseEvents>();
  const database = createDatabase({ url: url(), ...options, pool: { minConnections: 1, ...options.pool } }, { events });
  await database.start();
  onTestFinished(() => database.stop('1s'));
  const named = <Name extends keyof DatabaseEvents & string>(name: Name) =>
    events.seen.filter(([one]) => one === name).map(([, event]) => event as DatabaseEvents[Name]);
  return { database, events, named };
}

let schemas = 0;

/** A schema of its own, dropped with the test. */
export async function schema(database: Database): Promise<string> {
  const name = `database_${process.pid}_${++schemas}`;
  await database.execute(`create schema ${name}`);
  onTestFinished(async () => {
    const dropper = createDatabase({ url: url(), pool: { minConnections: 0 } });
    await dropper.start();
    await dropper.execute(`drop schema ${name} cascade`);
    await dropper.stop('1s');
  });
  return name;
}

/** Waits for a fact, at most `limitMs`. */
export async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A link to the server that can be cut, frozen, or watched. */
export class Link {
  url = '';
  /** Told of each piece the server sends; false keeps it back. */
  fromServer: (data: Buffer, link: Link) => boolean = () => true;
  fromClient: (data: Buffer, link: Link) => boolean = () => true;
  isFrozen = false;
  readonly #sockets: Set<Socket> = new Set();

  static async open(): Promise<Link> {
    const link = new Link();
    const target = new URL(url());
    const server = createServer((client) => {
      const upstream = dial(Number(target.port), target.hostname);
      link.#join(client, upstream, (data) => link.fromClient(data, link));
      link.#join(upstream, client, (data) => link.fromServer(data, link));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const through = new URL(url());
    through.hostname = '127.0.0.1';
    through.port = String((server.address() as AddressInfo).port);
    link.url = through.href;
    onTestFinished(() => {
      link.cut();
      server.close();
    });
    return link;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(from: Socket, to: Socket, look: (data: Buffer) => boolean): void {
    this.#sockets.add(from);
    from.on('data', (data) => {
      if (!this.isFrozen && look(data)) to.write(data);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
