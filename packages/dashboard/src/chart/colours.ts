/**
 * Canvas needs colours as values, the tokens are `light-dark()` expressions: a hidden element resolves them. Asked once per name, and again after the scheme changed.
 */
const known = new Map<string, string>();
let probe: HTMLElement | undefined;

/** The present value of a token, `accent` or `l-database`, as `rgb(…)`. */
export function colourOf(token: string): string {
  const cached = known.get(token);
  if (cached !== undefined) return cached;
  if (!probe) {
    probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${token})`;
  const value = getComputedStyle(probe).color;
  known.set(token, value);
  return value;
}

/** Calls back whenever colours must be drawn anew. */
export function onSchemeChange(redraw: () => void): () => void {
  const changed = (): void => {
    known.clear();
    redraw();
  };
  const media = matchMedia('(prefers-color-scheme: dark)');
  const watch = new MutationObserver(changed);
  media.addEventListener('change', changed);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    media.removeEventListener('change', changed);
    watch.disconnect();
  };
}
