import { Agent, request } from 'node:http';

/** One request of the traffic. */
export interface Wanted {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface RunnerOptions {
  readonly url: string;
  readonly next: () => Wanted;
  /** Requests per second, on average. */
  readonly rate: number;
  readonly chance: () => number;
}

/** More than these are never under way: a service that stands still is not buried. */
const mostInFlight = 64;
const answerLimitMs = 15_000;

/** Sends requests at random moments, `rate` a second on average, whether or not answers come: as visitors do. Returns what stops it. */
export function runTraffic({ url, next, rate, chance }: RunnerOptions): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: mostInFlight });
  let inFlight = 0;
  let timer: NodeJS.Timeout;
  const send = (): void => {
    plan();
    if (inFlight >= mostInFlight) return;
    inFlight++;
    void ask(agent, url, next()).finally(() => {
      inFlight--;
    });
  };
  const plan = (): void => {
    timer = setTimeout(send, (-Math.log(1 - chance()) * 1000) / rate); // gaps of a Poisson process
  };
  plan();
  return () => {
    clearTimeout(timer);
    agent.destroy();
  };
}

/** Resolves with the status, or 0 where there was no answer: the service's own figures tell about that, not the traffic. */
export function ask(agent: Agent, url: string, { method, path, body, headers = {} }: Wanted): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  return new Promise((resolve) => {
    const sent = request(new URL(path, url), { method, agent, headers: { ...type, ...headers }, timeout: answerLimitMs }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
      answer.once('error', () => resolve(0));
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => resolve(0));
    sent.end(text);
  });
}
