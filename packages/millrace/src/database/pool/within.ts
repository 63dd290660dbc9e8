import type { Clock } from '../../kernel/index.ts';

/** `work`, or a rejection after `limitMs` or when `signal` aborts. What comes later is let go: the caller destroys the connection then. */
export const within = <T>(clock: Clock, limitMs: number, work: Promise<T>, signal?: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', stop);
    };
    const stop = (): void => {
      end();
      reject(signal?.reason);
    };
    const cancel = clock.after(limitMs, () => {
      end();
      reject(new Error(`no answer within ${limitMs} ms`));
    });
    signal?.addEventListener('abort', stop);
    work.then(resolve, reject).finally(end);
  });
