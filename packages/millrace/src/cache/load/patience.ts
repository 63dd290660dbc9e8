import { type AbortLink, type CallContext, DeadlineEntry } from '../../kernel/index.ts';

/** What came of waiting. */
export type Waited<Out> =
  | { readonly outcome: 'came'; readonly value: Out }
  | { readonly outcome: 'failed'; readonly error: unknown }
  | { readonly outcome: 'slow' };

/** Waits for `work`, at most until `atMs`, which does not stop it. Rejects only when the caller leaves. */
export const waitFor = <Out>(work: Promise<Out>, atMs: number, context: CallContext): Promise<Waited<Out>> =>
  new Promise((resolve, reject) => {
    const patience = new Patience(context, () => resolve({ outcome: 'slow' }), reject);
    patience.begin(atMs);
    work.then(
      (value) => patience.end(() => resolve({ outcome: 'came', value })),
      (error: unknown) => patience.end(() => resolve({ outcome: 'failed', error })),
    );
  });

class Patience extends DeadlineEntry implements AbortLink {
  previousLink: AbortLink | undefined = undefined;
  nextLink: AbortLink | undefined = undefined;
  linkedTo: CallContext | undefined = undefined;
  readonly #context: CallContext;
  readonly #slow: () => void;
  readonly #left: (reason: unknown) => void;

  constructor(context: CallContext, slow: () => void, left: (reason: unknown) => void) {
    super();
    this.#context = context;
    this.#slow = slow;
    this.#left = left;
  }

  begin(atMs: number): void {
    if (atMs !== Number.POSITIVE_INFINITY) this.#context.system.clock.armAt(this, atMs);
    this.#context.link(this);
  }

  expire(): void {
    this.end(this.#slow);
  }

  aborted(reason: unknown): void {
    this.end(() => this.#left(reason));
  }

  end(tell: () => void): void {
    this.#context.system.clock.disarm(this);
    this.#context.unlink(this);
    this.#context.release();
    tell();
  }
}
