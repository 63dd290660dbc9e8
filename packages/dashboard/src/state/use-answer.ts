import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Answer, type Failure, get } from '../api/get.ts';
import { history, pausedAtMs, status } from './live.ts';

export interface Part<T> {
  readonly value: T | undefined;
  readonly failure: Failure | undefined;
  reload(): void;
}

interface Kept<T> {
  readonly path: string;
  readonly value: T | undefined;
  readonly failure: Failure | undefined;
}

/**
 * The answer to one question, asked again every so often while the page is watched and the service answers. A newer answer replaces an older one; an older value
 * stays on the screen while a newer is fetched, and also when the service cannot be reached at all, since the stream already says so.
 */
export function useAnswer<T>(path: string, everyMs?: (value: T) => number): Part<T> {
  const [kept, setKept] = useState<Kept<T>>({ path, value: undefined, failure: undefined });
  const turn = useRef(0);
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    void get<T>(path).then((answer) => {
      if (turn.current === mine) setKept((before) => merge(before, path, answer));
    });
  }, [path]);
  useEffect(() => {
    reload();
    return () => {
      turn.current += 1;
    };
  }, [reload, history.value]);
  const value = kept.value;
  const pauseMs = everyMs && value !== undefined ? everyMs(value) : undefined;
  useEffect(() => {
    if (pauseMs === undefined) return;
    const timer = setInterval(() => {
      if (pausedAtMs.peek() === undefined && status.peek().state === 'live' && document.visibilityState === 'visible') reload();
    }, pauseMs);
    return () => clearInterval(timer);
  }, [pauseMs, reload]);
  return { value: samePart(kept.path, path) ? value : undefined, failure: kept.path === path ? kept.failure : undefined, reload };
}

/** Another range of the same thing may stay while the new one comes; another thing may not. */
const samePart = (a: string, b: string): boolean => a.split('?')[0] === b.split('?')[0];

function merge<T>(before: Kept<T>, path: string, answer: Answer<T>): Kept<T> {
  if (answer.ok) return { path, value: answer.value, failure: undefined };
  const old = samePart(before.path, path) ? before.value : undefined;
  const unreachable = answer.failure.status === 0;
  return unreachable && old !== undefined ? { path, value: old, failure: undefined } : { path, value: old, failure: answer.failure };
}
