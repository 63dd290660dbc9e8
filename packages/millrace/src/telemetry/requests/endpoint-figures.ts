import { otherLabel } from '../counters/index.ts';
import { Histogram } from '../histogram/index.ts';
import type { RequestSample } from './samples.ts';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const mostStatuses = 12;

/** Any other word counts as `other`: a client chooses it. */
export const knownMethod = (method: string): string => (methods.has(method) ? method : otherLabel);

/** `GET~retail~products~:id`: readable, and nothing in it needs escaping in a path. */
export const endpointId = (method: string, route: string): string => method + route.replaceAll('/', '~');

/** What is counted for one method and route. Everything only grows, except `inFlight`. */
export class EndpointFigures {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  inFlight = 0;
  requests = 0;
  /** Answered with 5xx, or failed on the way. */
  errors = 0;
  /** Answers per class: 1xx to 5xx. */
  readonly classes: Float64Array = new Float64Array(5);
  /** Seconds spent at each seam, in the order of `seams`. */
  readonly spentSeconds: Float64Array = new Float64Array(5);
  /** Per status code, microseconds. */
  readonly durations: Map<string, Histogram> = new Map();
  /** @internal The slowest ordinary request of the present half minute. */ newestOrdinary: RequestSample | undefined = undefined;

  constructor(method: string, route: string) {
    this.id = endpointId(method, route);
    this.method = method;
    this.route = route;
  }

  count(status: number, failed: boolean, durationMs: number): void {
    this.requests++;
    if (failed) this.errors++;
    const index = Math.floor(status / 100) - 1;
    if (index >= 0 && index < 5) this.classes[index]!++;
    this.#durationsOf(status).record(durationMs * 1000);
  }

  spent(perSeamMs: Float64Array): void {
    for (let seam = 0; seam < 5; seam++) this.spentSeconds[seam]! += (perSeamMs[seam] as number) / 1000;
  }

  /** All durations together, microseconds, in `into` (emptied first). */
  total(into: Histogram = new Histogram()): Histogram {
    into.reset();
    for (const durations of this.durations.values()) into.merge(durations);
    return into;
  }

  #durationsOf(status: number): Histogram {
    const exact = this.durations.get(String(status));
    if (exact) return exact;
    const code = this.durations.size < mostStatuses - 1 ? String(status) : otherLabel;
    const durations = this.durations.get(code) ?? new Histogram();
    this.durations.set(code, durations);
    return durations;
  }
}
