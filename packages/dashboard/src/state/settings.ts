import { effect, signal } from '@preact/signals';

/** What a reader chose for this browser. Storage can be forbidden (private windows, policies): then a choice lasts as long as the page. */

export type Theme = 'system' | 'light' | 'dark';

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(`millrace.${key}`);
  } catch {
    return null;
  }
};
const write = (key: string, value: string): void => {
  try {
    localStorage.setItem(`millrace.${key}`, value);
  } catch {
    // Nothing to do: the choice stands in the signal.
  }
};

const isTheme = (value: string | null): value is Theme => value === 'light' || value === 'dark' || value === 'system';
const storedTheme = read('theme');

export const theme = signal<Theme>(isTheme(storedTheme) ? storedTheme : 'system');
/** Single letters as shortcuts can be switched off: speech input and tremor press them by accident (WCAG 2.1.4). */
export const letterKeys = signal(read('letter-keys') !== 'off');

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  write('theme', theme.value);
});
effect(() => {
  write('letter-keys', letterKeys.value ? 'on' : 'off');
});
