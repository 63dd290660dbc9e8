import type { Seam, StepOutcome } from '../../kernel/index.ts';
import { outcomes, type StepBlock, seams } from './steps.ts';

export type SampleReason = 'slow' | 'failed' | 'ordinary';

/** One step of a kept request. Times are ms after its start. */
export interface SampledStep {
  readonly number: number;
  readonly parent: number;
  readonly seam: Seam;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** Without the steps inside it. */
  readonly ownMs: number;
  readonly outcome: StepOutcome | 'open';
  readonly note: string;
}

/** One kept request. It holds no URL, header or value: only the route's template and the names of its steps. */
export interface RequestSample {
  /** Its correlation id. */
  readonly id: string;
  readonly traceId: string;
  readonly endpoint: string;
  readonly method: string;
  readonly route: string;
  /** Wall time. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly status: number;
  readonly reason: SampleReason;
  readonly spentMs: Readonly<Record<Seam, number>>;
  readonly steps: readonly SampledStep[];
  readonly droppedSteps: number;
}

export const spentRecord = (perSeam: Float64Array): Readonly<Record<Seam, number>> => {
  const [queue = 0, cache = 0, database = 0, external = 0, own = 0] = perSeam;
  return { queue, cache, database, external, own };
};

export const stepsOf = (block: StepBlock | undefined, perStep: Float64Array): SampledStep[] =>
  Array.from({ length: block?.length ?? 0 }, (_, number) => stepOf(block as StepBlock, number, perStep[number] as number));

const stepOf = (block: StepBlock, number: number, ownMs: number): SampledStep => ({
  number,
  parent: block.parents[number] as number,
  seam: seams[block.seams[number] as number] as Seam,
  name: block.names[number] as string,
  startMs: block.starts[number] as number,
  durationMs: (block.ends[number] as number) - (block.starts[number] as number),
  ownMs,
  outcome: outcomes[block.outcomes[number] as number] as StepOutcome | 'open',
  note: block.notes[number] as string,
});

/** How many of each kind are kept per endpoint. */
const mostPerReason: Readonly<Record<SampleReason, number>> = { slow: 20, failed: 20, ordinary: 10 };
const mostSamples = 2_000;
const mostKeptSteps = 50_000;

/**
 * The requests that are kept to be looked at: the newest slow and failed ones of each endpoint, and the slowest of every half minute, so that there is something
 * to see where all is well. The oldest go first when an endpoint has its share, when 2,000 are kept, or when they hold 50,000 steps.
 */
export class SampleStore {
  readonly #byId: Map<string, RequestSample> = new Map();
  readonly #perEndpoint: Map<string, RequestSample[]> = new Map();
  #steps = 0;

  get size(): number {
    return this.#byId.size;
  }

  keep(sample: RequestSample): void {
    const same = this.#byId.get(sample.id);
    if (same) this.drop(same); // a client may send the same correlation id twice
    const kept = this.#perEndpoint.get(sample.endpoint) ?? [];
    this.#perEndpoint.set(sample.endpoint, kept);
    const alike = kept.filter(({ reason }) => reason === sample.reason);
    if (alike.length >= mostPerReason[sample.reason]) this.drop(alike[0] as RequestSample);
    kept.push(sample);
    this.#byId.set(sample.id, sample);
    this.#steps += sample.steps.length;
    while (this.#byId.size > mostSamples || this.#steps > mostKeptSteps) this.drop(this.#byId.values().next().value as RequestSample);
  }

  drop(sample: RequestSample): void {
    if (this.#byId.get(sample.id) !== sample) return;
    this.#byId.delete(sample.id);
    this.#steps -= sample.steps.length;
    const kept = this.#perEndpoint.get(sample.endpoint) as RequestSample[];
    kept.splice(kept.indexOf(sample), 1);
    if (kept.length === 0) this.#perEndpoint.delete(sample.endpoint);
  }

  byId(id: string): RequestSample | undefined {
    return this.#byId.get(id);
  }

  /** Slowest first. */
  ofEndpoint(endpoint: string): readonly RequestSample[] {
    return [...(this.#perEndpoint.get(endpoint) ?? [])].sort((a, b) => b.durationMs - a.durationMs);
  }

  /** Drops what began before `atMs`, wall time, oldest first. */
  dropBefore(atMs: number): void {
    for (const sample of this.#byId.values()) {
      if (sample.startedAtMs >= atMs) return;
      this.drop(sample);
    }
  }
}
