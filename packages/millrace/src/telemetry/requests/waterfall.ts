import type { Clock, Recorder, Seam, StepOutcome } from '../../kernel/index.ts';
import { type BlockPool, mostSteps, outcomeIndex, type StepBlock, seamIndex } from './steps.ts';

const longestName = 200;
const longestNote = 200;

/** The steps of one request while it runs. Once it is closed, what late work still reports is dropped: its arrays serve another request by then. */
export class Waterfall implements Recorder {
  /** Monotonic ms. */
  readonly startedMs: number;
  /** Steps that did not fit. */
  dropped = 0;
  readonly #clock: Clock;
  readonly #pool: BlockPool;
  #block: StepBlock | undefined = undefined;
  #closed = false;

  constructor(clock: Clock, pool: BlockPool) {
    this.#clock = clock;
    this.#pool = pool;
    this.startedMs = clock.monotonicMs();
  }

  begin(seam: Seam, name: string, parent: number): number {
    if (this.#closed) return -1;
    this.#block ??= this.#pool.take();
    const block = this.#block;
    const step = block.length;
    if (step >= mostSteps) {
      this.dropped++;
      return -1;
    }
    block.length = step + 1;
    block.starts[step] = this.#clock.monotonicMs() - this.startedMs;
    block.parents[step] = parent >= 0 && parent < step ? parent : -1;
    block.seams[step] = seamIndex[seam];
    block.outcomes[step] = 0;
    block.names[step] = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
    block.notes[step] = '';
    return step;
  }

  end(step: number, outcome: StepOutcome, note = ''): void {
    const block = this.#block;
    if (!block || step < 0 || step >= block.length || block.outcomes[step] !== 0) return;
    block.ends[step] = this.#clock.monotonicMs() - this.startedMs;
    block.outcomes[step] = outcomeIndex[outcome];
    block.notes[step] = note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note;
  }

  /** Ends the request: steps that are still open last until now. Its steps may be read until `release`. */
  close(durationMs: number): StepBlock | undefined {
    this.#closed = true;
    const block = this.#block;
    if (block) for (let step = 0; step < block.length; step++) if (block.outcomes[step] === 0) block.ends[step] = durationMs;
    return block;
  }

  /** Hands the arrays on. */
  release(): void {
    this.#closed = true;
    if (this.#block) this.#pool.give(this.#block);
    this.#block = undefined;
  }
}
