// node client.ts <port> <connections> <seconds of warm-up> <seconds>, the paths as first message: a closed loop on raw sockets, so that the client costs little.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const [port, connections, warmSeconds, seconds] = process.argv.slice(2, 6).map(Number) as [number, number, number, number];
const [paths] = (await once(process, 'message')) as [string[]];
const requests = paths.map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`));

let next = 0;
let isMeasuring = false;
const latencies: number[] = [];
const endOfHead = Buffer.from('\r\n\r\n');

/** One client: the next request goes out when the last answer is whole. Any answer but 200 ends the run: a fast failure is no throughput. */
class Client {
  readonly #socket: Socket;
  #sentMs = 0;
  #missing = 0;
  #head: Buffer | undefined;

  constructor() {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => this.#send());
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('close', () => fail('the server closed a connection'));
  }

  #send(): void {
    this.#sentMs = performance.now();
    this.#socket.write(requests[next++ % requests.length] as Buffer);
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#missing -= chunk.length;
    } else {
      const all: Buffer = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
      const end = all.indexOf(endOfHead);
      this.#head = end < 0 ? all : undefined;
      if (end < 0) return;
      const head = all.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200 ')) fail(head);
      this.#missing = Number(/content-length: (\d+)/i.exec(head)?.[1]) - (all.length - end - endOfHead.length);
    }
    if (this.#missing > 0) return;
    if (isMeasuring) latencies.push(performance.now() - this.#sentMs);
    this.#send();
  }
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}

const at = (quantile: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * quantile))] as number;

for (let client = 0; client < connections; client++) new Client();
setTimeout(() => {
  isMeasuring = true;
  const startMs = performance.now();
  process.send?.('measuring');
  setTimeout(() => {
    isMeasuring = false;
    const tookMs = performance.now() - startMs;
    latencies.sort((a, b) => a - b);
    const sum = latencies.reduce((total, one) => total + one, 0);
    process.send?.({
      requests: latencies.length,
      requestsPerSecond: (latencies.length * 1000) / tookMs,
      meanMs: sum / latencies.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    });
  }, seconds * 1000);
}, warmSeconds * 1000);
process.on('message', (question) => {
  if (question === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(1)); // the run was cut off
