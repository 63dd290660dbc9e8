/** A terminal's Ctrl-C reaches us twice: from the terminal to the whole group, and once more from npm, 20 ms later. */
const mergeMs = 250;
const parentPollMs = 500;

export interface StopHandlers {
  /** The first signal, or the death of npm. */
  stop(reason: string): void;
  /** A later one: somebody has no patience. */
  force(): void;
}

/** SIGINT, SIGTERM and SIGHUP stop in order; another one later than 250 ms forces. Returns what to call when a stop began for another reason. */
export function onSignals({ stop, force }: StopHandlers): void {
  let firstMs: number | undefined;
  const arrive = (name: string): void => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      stop(name);
    } else if (nowMs - firstMs > mergeMs) force();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => arrive(name));
}

/** npm killed by -9 tells nobody: then our parent is another one. Only watched where npm started us. */
export function onParentGone(stop: (reason: string) => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop('npm is gone');
  }, parentPollMs);
  watch.unref();
}
