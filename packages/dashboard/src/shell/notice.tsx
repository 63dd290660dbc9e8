import { signal } from '@preact/signals';
import type { JSX } from 'preact';

const notice = signal('');
let clear: ReturnType<typeof setTimeout> | undefined;

/** Says one short thing at the bottom of the page, to eyes and to screen readers, for four seconds. */
export function say(text: string): void {
  clearTimeout(clear);
  notice.value = text;
  clear = setTimeout(() => {
    notice.value = '';
  }, 4_000);
}

export const Notice = (): JSX.Element => (
  <div class="notice" role="status">
    {notice.value}
  </div>
);
