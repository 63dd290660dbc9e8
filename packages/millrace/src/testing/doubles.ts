import type { CallContext, EventSink } from '../kernel/index.ts';

/** Keeps every event it is told, in order. */
export class RecordedEvents<Events> implements EventSink<Events> {
  readonly seen: [keyof Events & string, Events[keyof Events]][] = [];
  emit<Name extends keyof Events & string>(name: Name, build: () => Events[Name]): void {
    this.seen.push([name, build()]);
  }
}

/** A callee that never answers until it is told to. */
export class HangingCall<In, Out> {
  readonly inputs: In[] = [];
  #stopped = false;
  #answer: ((value: Out) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;

  /** True once the signal of a call was aborted: the callee was told to stop. */
  get stopped(): boolean {
    return this.#stopped;
  }

  readonly call = (input: In, context: CallContext): Promise<Out> => {
    this.inputs.push(input);
    context.signal.addEventListener('abort', () => {
      this.#stopped = true;
    });
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
  };

  answer(value: Out): void {
    this.#answer?.(value);
  }

  fail(error: unknown): void {
    this.#fail?.(error);
  }
}
