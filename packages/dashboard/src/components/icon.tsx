import type { JSX } from 'preact';

/** All icons are strokes on a grid of 16; they stand beside a word, so readers never hear them. */
const paths = {
  overview: 'M2 9l3-4 3 5 3-7 3 6',
  alert: 'M8 2.2l6.3 11.3H1.7L8 2.2zM8 6.5v3.2M8 11.6v.1',
  endpoints: 'M2.5 4h11M2.5 8h7M2.5 12h9',
  requests: 'M2 4h7M5 8h8M8 12h6',
  database: 'M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  cache: 'M8 2l6 3-6 3-6-3 6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  limits: 'M2.5 12.5a5.8 5.8 0 1111 0M8 9.5l2.6-3.2M8 9.6v.1',
  settings: 'M3 4.5h10M3 11.5h10M6 2.7v3.6M10 9.7v3.6',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  find: 'M11.5 7a4.5 4.5 0 11-9 0 4.5 4.5 0 019 0zM10.3 10.3L14 14',
  right: 'M3 8h10M9 4l4 4-4 4',
  check: 'M3 8.5l3.2 3.2L13 4.9',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M7 6.5v6',
  chart: 'M2.5 2.5v11h11M5 10l2.5-3.5 2 2L13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name }: { name: IconName }): JSX.Element => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" stroke-width={name === 'more' ? 2.5 : undefined}>
    <path d={paths[name]} />
  </svg>
);

/** The mill wheel over its race. */
export const Mark = (): JSX.Element => (
  <svg viewBox="0 0 20 20" aria-hidden="true" stroke-linecap="round">
    <circle cx="10" cy="8" r="5.5" stroke-width="1.7" />
    <path d="M10 2.5v11M4.5 8h11M6.1 4.1l7.8 7.8M13.9 4.1l-7.8 7.8" stroke-width="1.1" />
    <path d="M1 17c1.5-1.3 3-1.3 4.5 0s3 1.3 4.5 0 3-1.3 4.5 0 3 1.3 4.5 0" stroke-width="1.7" />
  </svg>
);
