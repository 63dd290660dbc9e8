import type { Clock } from '../../kernel/index.ts';

/** `work`, or a rejection after `limitMs`. What comes later is let go: the caller destroys the connection then. */
export const within = <T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new Error(`no answer within ${limitMs} ms`)));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
