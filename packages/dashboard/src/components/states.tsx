import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Failure } from '../api/get.ts';

/** The shape of what is coming. It appears after 150 ms: whatever answers sooner never flickers. */
export function Skeleton({ lines = 4, label }: { lines?: number; label: string }): JSX.Element {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  const widths = ['40%', '64%', '92%', '78%', '86%', '58%'];
  return (
    <div class="skeleton" aria-busy="true">
      <span class="hidden-text">{label} is loading</span>
      {shown
        ? Array.from({ length: lines }, (_, line) => (
            <i key={line} style={{ width: widths[line % widths.length] ?? '80%', height: line === 1 ? '24px' : '12px' }} />
          ))
        : null}
    </div>
  );
}

/** Nothing to show, and that is a fact worth a sentence: what would be here, and the nearest fact. */
export const Empty = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <div class="state">
    <p>{children}</p>
  </div>
);

/** What is missing, the one statement or setting that adds it, and what works meanwhile. */
export const NotSetUp = ({ title, children, statement }: { title: string; children: ComponentChildren; statement?: string | undefined }): JSX.Element => (
  <div class="state">
    <h3>{title}</h3>
    <p>{children}</p>
    {statement ? <pre>{statement}</pre> : null}
  </div>
);

/** One part could not be had. Everything around it goes on. */
export const Failed = ({ what, failure, retry }: { what: string; failure: Failure; retry: () => void }): JSX.Element => (
  <div class="state is-failed" role="alert">
    <h3>{what} could not be loaded</h3>
    <p>
      {failure.message} (<code>{failure.code}</code>). Everything else goes on.
    </p>
    <button type="button" class="button" onClick={retry}>
      Try again
    </button>
  </div>
);
