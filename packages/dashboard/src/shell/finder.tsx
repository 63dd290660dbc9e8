import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Icon } from '../components/icon.tsx';
import { endpointNames } from '../state/live.ts';
import { finderOpen } from './keys.ts';
import { pages, to } from './paths.ts';

interface Found {
  readonly text: string;
  readonly kind: string;
  readonly href: string;
}

const mostShown = 12;

/** Everything one can jump to; words in any order, pages first. */
function find(query: string): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const all: Found[] = [
    ...pages.map((page) => ({ text: page.title, kind: 'page', href: to(page.path) })),
    ...endpointNames.value.map(({ id, name }) => ({ text: name, kind: 'endpoint', href: to(`/endpoints/${encodeURIComponent(id)}`) })),
  ];
  return all.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word))).slice(0, mostShown);
}

/** `Ctrl K`: type a few letters, enter opens. */
export function Finder(): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const { route } = useLocation();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const open = finderOpen.value;
  const found = open ? find(query) : [];
  const chosen = found[Math.min(at, found.length - 1)];
  // Before the next key comes: what is typed at once after Ctrl K belongs into it.
  useLayoutEffect(() => {
    if (!open) return;
    setQuery('');
    setAt(0);
    ref.current?.showModal();
    input.current?.focus();
  }, [open]);
  const go = (one: Found | undefined): void => {
    if (!one) return;
    ref.current?.close();
    route(one.href);
  };
  /** By what stands in the field, which may not be drawn yet. */
  const chosenNow = (): Found | undefined => {
    const typed = input.current?.value ?? '';
    return typed === query ? chosen : find(typed)[0];
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((before) => Math.max(0, Math.min(found.length - 1, before + step)));
    } else if (event.key === 'Enter') go(chosenNow());
  };
  return (
    <dialog class="finder" ref={ref} aria-label="Find" onClose={() => (finderOpen.value = false)}>
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Find a page or an endpoint"
        aria-expanded={found.length > 0}
        aria-controls="found"
        aria-activedescendant={chosen ? `found-${found.indexOf(chosen)}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder="Page or endpoint"
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="found" class="finder-list" role="listbox" aria-label="Found" hidden={found.length === 0}>
        {found.map((one, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input, which keeps the focus
          <div
            key={one.href}
            id={`found-${index}`}
            class="finder-option"
            role="option"
            tabIndex={-1}
            aria-selected={one === chosen}
            onClick={() => go(one)}
            onPointerMove={() => setAt(index)}
          >
            <Icon name={one.kind === 'page' ? 'right' : 'endpoints'} />
            <span class="cut">{one.text}</span>
            <span class="faint">{one.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 ? <p class="state">Nothing is called that.</p> : null}
    </dialog>
  );
}
