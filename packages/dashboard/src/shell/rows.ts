/** `j` and `k`: from row to row through the links of the table one is in, or of the first one on the page. */
export function stepRow(step: 1 | -1): void {
  const here = document.activeElement;
  const within = here?.closest('[data-rows]') ?? document.querySelector('main [data-rows]');
  const links = [...(within?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  if (links.length === 0) return;
  const at = links.indexOf(here as HTMLElement);
  const next = at < 0 ? (step === 1 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next]?.focus();
}
