/**
 * One event stream for the whole page. What it promises:
 *
 * - It resumes: after a cut the next connection names the last event it saw, and the server sends what came after.
 * - It knocks politely: 1 s, 2 s, 4 s and so on up to 30 s between tries, each shortened by up to half at random, so that a restarted server does not meet every
 *   open dashboard in the same instant.
 * - It rests: 30 s after its tab was hidden it closes (a browser has six connections per host over HTTP/1.1), and opens again at once with the tab.
 * - It says how old it is: 5 s without an event and the figures are stale; 15 s without one on an open connection and it is taken for dead.
 */

export type LiveState = 'connecting' | 'live' | 'stale' | 'resting';

export interface LiveStatus {
  readonly state: LiveState;
  /** When the last event came, wall time in ms; `undefined` before the first. */
  readonly lastEventAtMs: number | undefined;
  /** When the next try is made, wall time in ms; `undefined` while a connection is open or being opened. */
  readonly nextTryAtMs: number | undefined;
}

/** What the stream needs of a browser; tests bring their own. */
export interface StreamPorts {
  /** Opens one connection that resumes after `lastEventId`. Every handler may be called until `close`. */
  open(lastEventId: string | undefined, handlers: { opened(): void; event(name: string, data: string, id: string): void; failed(): void }): { close(): void };
  nowMs(): number;
  random(): number;
  /** Runs `task` once after `ms`, unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

export const staleAfterMs = 5_000;
const deadAfterMs = 15_000;
const restAfterMs = 30_000;
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

/** How long to wait before try number `attempt` (0 is the first after a cut), 1 to 30 s. */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10));
  return Math.max(firstDelayMs, Math.round(full * (1 - random / 2)));
}

export interface LiveStream {
  start(): void;
  stop(): void;
  /** Tell it when the tab is hidden or shown. */
  visible(shown: boolean): void;
  /** Try now instead of waiting for the next turn. */
  retryNow(): void;
  /** Begin anew, forgetting what was seen: the server sends the whole picture. */
  restart(): void;
}

export function liveStream(ports: StreamPorts, onEvent: (name: string, data: string) => void, onStatus: (status: LiveStatus) => void): LiveStream {
  let connection: { close(): void } | undefined;
  let lastEventId: string | undefined;
  let lastEventAtMs: number | undefined;
  let attempt = 0;
  let running = false;
  let cancelRetry = (): void => {};
  let cancelSilence = (): void => {};
  let cancelRest = (): void => {};
  let status: LiveStatus = { state: 'connecting', lastEventAtMs: undefined, nextTryAtMs: undefined };

  const tell = (state: LiveState, nextTryAtMs?: number): void => {
    status = { state, lastEventAtMs, nextTryAtMs };
    onStatus(status);
  };
  const silentForMs = (): number => (lastEventAtMs === undefined ? Number.POSITIVE_INFINITY : ports.nowMs() - lastEventAtMs);

  const watchSilence = (): void => {
    cancelSilence();
    cancelSilence = ports.after(staleAfterMs, () => {
      tell('stale', status.nextTryAtMs);
      cancelSilence = ports.after(deadAfterMs - staleAfterMs, () => {
        if (connection) lose();
      });
    });
  };
  const disconnect = (): void => {
    connection?.close();
    connection = undefined;
    cancelRetry();
  };
  const connect = (): void => {
    disconnect();
    if (status.state !== 'stale') tell(status.state === 'live' ? 'live' : 'connecting');
    else tell('stale');
    let current = true;
    const opened = ports.open(lastEventId, {
      opened: () => {},
      event: (name, data, id) => {
        if (!current) return;
        if (id) lastEventId = id;
        lastEventAtMs = ports.nowMs();
        attempt = 0;
        if (status.state !== 'live' || status.nextTryAtMs !== undefined) tell('live');
        else status = { ...status, lastEventAtMs };
        watchSilence();
        onEvent(name, data);
      },
      failed: () => {
        if (current) lose();
      },
    });
    connection = {
      close: () => {
        current = false;
        opened.close();
      },
    };
  };
  const lose = (): void => {
    disconnect();
    if (!running) return;
    const delayMs = retryDelayMs(attempt, ports.random());
    attempt += 1;
    tell(silentForMs() >= staleAfterMs ? 'stale' : status.state, ports.nowMs() + delayMs);
    cancelRetry = ports.after(delayMs, connect);
  };

  return {
    start() {
      running = true;
      watchSilence();
      connect();
    },
    stop() {
      running = false;
      disconnect();
      cancelSilence();
      cancelRest();
    },
    visible(shown) {
      cancelRest();
      if (!running) return;
      if (!shown) {
        cancelRest = ports.after(restAfterMs, () => {
          disconnect();
          cancelSilence();
          tell('resting');
        });
      } else if (status.state === 'resting') {
        attempt = 0;
        tell('stale');
        watchSilence();
        connect();
      }
    },
    retryNow() {
      if (running && !connection) {
        attempt = 0;
        connect();
      }
    },
    restart() {
      if (!running) return;
      lastEventId = undefined;
      attempt = 0;
      connect();
    },
  };
}
