import { signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';

export interface Title {
  readonly text: string;
  /** The page one level up, where `esc` goes. */
  readonly up?: { readonly text: string; readonly href: string } | undefined;
}

export const title = signal<Title>({ text: 'Overview' });

/** Names the page: in the one heading, in the browser's tab, and for `esc`. */
export function useTitle(text: string, up?: Title['up']): void {
  useLayoutEffect(() => {
    title.value = { text, up };
    document.title = `${text} · Millrace`;
  }, [text, up?.text, up?.href]);
}
