import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** What a proxy did so far: a fault test that counts nothing here tested nothing. */
export interface FaultProxyCounts {
  /** Connections that came in. */
  readonly accepted: number;
  readonly open: number;
  /** Connections ended by `cut`, `reset` and `close`. */
  readonly broken: number;
  /** Pieces of traffic held back by `delay` or `freeze`. */
  readonly heldBack: number;
}

/**
 * A TCP proxy in front of a real server that goes wrong when it is told to: slow, silent, cut, reset, gone. What passes is passed unchanged and in order.
 *
 * `freeze` is the fault that libraries forget: the connection stays, and nothing comes any more.
 */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs: Set<readonly [Socket, Socket]> = new Set();
  #server: Server | undefined = undefined;
  #port = 0;
  #delayMs = 0;
  #frozen: PromiseWithResolvers<void> | undefined = undefined;
  #accepted = 0;
  #broken = 0;
  #heldBack = 0;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  /** The port on 127.0.0.1 where the proxy listens; it stays the same from the first `open` on. */
  get port(): number {
    return this.#port;
  }

  get counts(): FaultProxyCounts {
    return { accepted: this.#accepted, open: this.#pairs.size, broken: this.#broken, heldBack: this.#heldBack };
  }

  /** `url` with the proxy's address in place of the server's. */
  through(url: string): string {
    const address = new URL(url);
    address.hostname = '127.0.0.1';
    address.port = String(this.#port);
    return address.href;
  }

  /** Listens. After `close`: is back, on the same port. */
  async open(): Promise<void> {
    if (this.#server) return;
    const server = createServer((client) => this.#accept(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as { readonly port: number }).port;
  }

  /** The server is gone: connections are reset, new ones refused, until `open`. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    this.reset();
    await closed;
  }

  /** Every piece of traffic in either direction waits so long, ms; 0 ends it. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Nothing passes any more, until `thaw`. New connections are accepted, and hear nothing. */
  freeze(): void {
    this.#frozen ??= Promise.withResolvers<void>();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  /** Ends every open connection in order (FIN), as a server does that is restarted. */
  cut(): void {
    this.#break((socket) => socket.end());
  }

  /** Resets every open connection (RST), as a machine does that lost its power. */
  reset(): void {
    this.#break((socket) => socket.resetAndDestroy());
  }

  /** Closes, thaws and forgets. */
  async stop(): Promise<void> {
    this.thaw();
    await this.close();
  }

  #break(how: (socket: Socket) => void): void {
    for (const pair of this.#pairs) {
      this.#broken++;
      for (const socket of pair) how(socket);
    }
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const server = connect(this.#target);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end); // the other side is told by the end of its own connection
      socket.on('close', end);
    }
    client.pipe(this.#gate()).pipe(server);
    server.pipe(this.#gate()).pipe(client);
  }

  /** One direction of one connection. A piece that waits holds up those behind it, and in the end the sender. */
  #gate(): Transform {
    return new Transform({
      transform: (piece, _encoding, done) => {
        if (this.#delayMs === 0 && !this.#frozen) done(null, piece);
        else void this.#hold().then(() => done(null, piece));
      },
    });
  }

  async #hold(): Promise<void> {
    this.#heldBack++;
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    while (this.#frozen) await this.#frozen.promise;
  }
}

/** A proxy that listens already, in front of the server of `url` (`postgres://…`, `redis://…`, `http://…`). */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const { hostname, port, protocol } = new URL(url);
  const proxy = new FaultProxy({ host: hostname, port: Number(port || usualPorts[protocol]) });
  await proxy.open();
  return proxy;
}

const usualPorts: Readonly<Record<string, number>> = { 'postgres:': 5432, 'postgresql:': 5432, 'redis:': 6379, 'http:': 80 };
