import type { EventSink } from '../../kernel/index.ts';
import { ListenerLimitError } from '../errors.ts';

export type Listener<Event> = (event: Event) => unknown;
export type AnyListener<Events> = (name: keyof Events & string, event: Events[keyof Events & string]) => unknown;
export type ListenerFailure = (name: string, error: unknown) => void;

const mostListeners = 100;

/**
 * Tells listeners what happened. While nobody listens to a name, its event is not even built.
 *
 * A listener that throws or rejects is counted and told to `onFailure`; the part that emitted, and the other listeners, notice nothing.
 */
export class EventHub<Events> implements EventSink<Events> {
  /** How many times a listener failed. */
  failures = 0;
  readonly #listeners: Map<string, readonly Listener<never>[]> = new Map();
  #all: readonly AnyListener<Events>[] = [];
  readonly #onFailure: ListenerFailure;

  constructor(onFailure: ListenerFailure = () => {}) {
    this.#onFailure = onFailure;
  }

  emit<Name extends keyof Events & string>(name: Name, build: () => Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (!listeners && this.#all.length === 0) return;
    this.#tell(name, listeners ?? [], build);
  }

  /** Calls `listener` for each event of that name until the returned function is called. @throws MILLRACE_LISTENERS past 100 for one name. */
  on<Name extends keyof Events & string>(name: Name, listener: Listener<Events[Name]>): () => void {
    const present = this.#listeners.get(name) ?? [];
    if (present.length >= mostListeners) throw new ListenerLimitError(name, mostListeners);
    const added: Listener<Events[Name]> = (event) => listener(event);
    this.#listeners.set(name, [...present, added]);
    return () => this.#forget(name, added);
  }

  /** Calls `listener` for every event there is: for logs and bridges. */
  onAny(listener: AnyListener<Events>): () => void {
    if (this.#all.length >= mostListeners) throw new ListenerLimitError('Every event', mostListeners);
    const added: AnyListener<Events> = (name, event) => listener(name, event);
    this.#all = [...this.#all, added];
    return () => {
      this.#all = this.#all.filter((one) => one !== added);
    };
  }

  #forget(name: string, gone: Listener<never>): void {
    const rest = (this.#listeners.get(name) ?? []).filter((one) => one !== gone);
    if (rest.length > 0) this.#listeners.set(name, rest);
    else this.#listeners.delete(name);
  }

  #tell<Name extends keyof Events & string>(name: Name, listeners: readonly Listener<never>[], build: () => Events[Name]): void {
    let event: Events[Name];
    try {
      event = build();
    } catch (error) {
      this.#failed(name, error);
      return;
    }
    for (const listener of listeners) this.#guard(name, () => (listener as Listener<Events[Name]>)(event));
    for (const listener of this.#all) this.#guard(name, () => listener(name, event));
  }

  #guard(name: string, run: () => unknown): void {
    try {
      const answer = run();
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#failed(name, error));
    } catch (error) {
      this.#failed(name, error);
    }
  }

  #failed(name: string, error: unknown): void {
    this.failures++;
    try {
      this.#onFailure(name, error);
    } catch {
      this.failures++; // whoever is told of failures fails too: the count is all that is left
    }
  }
}
