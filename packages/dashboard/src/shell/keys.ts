import { signal } from '@preact/signals';
import { letterKeys } from '../state/settings.ts';

/**
 * The keyboard. Single keys act only outside inputs and dialogs and can be switched off; two-key jumps wait a second for their second key. What a key does is
 * registered beside the thing it acts on, and the list behind `?` is made from the same table.
 */
export interface KeyBinding {
  /** One key, or two in a row: `t`, `g o`. As `KeyboardEvent.key` names them. */
  readonly keys: string;
  readonly does: string;
  run(event: KeyboardEvent): void;
}

const bindings = new Map<string, KeyBinding>();
const pairTimeoutMs = 1_000;
export const keyListOpen = signal(false);
export const finderOpen = signal(false);

/** Binds keys until the returned function is called. */
export function bindKeys(...given: readonly KeyBinding[]): () => void {
  for (const one of given) bindings.set(one.keys, one);
  return () => {
    for (const one of given) if (bindings.get(one.keys) === one) bindings.delete(one.keys);
  };
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
const isPressable = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.closest('a, button, summary') !== null;

let first = '';
let firstAtMs = 0;

function onKey(event: KeyboardEvent): void {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    finderOpen.value = true;
    return;
  }
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return;
  const isLetter = event.key.length === 1;
  if (isLetter && !letterKeys.value) return;
  if (event.key === ' ' && isPressable(event.target)) return;
  const pair = performance.now() - firstAtMs < pairTimeoutMs ? `${first} ${event.key}` : '';
  const binding = bindings.get(pair) ?? bindings.get(event.key);
  first = isLetter ? event.key : '';
  firstAtMs = performance.now();
  if (!binding) return;
  first = '';
  event.preventDefault();
  binding.run(event);
}

export function listenForKeys(): void {
  addEventListener('keydown', onKey);
}
