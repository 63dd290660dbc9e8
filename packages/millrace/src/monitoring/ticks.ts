import type { EndpointFigures, Snapshot, Tick } from './api/schema.ts';
import type { Board } from './board.ts';
import { newestPoint } from './figures/index.ts';

/** The slices of the first screen as they were told last; each second only what differs is told. */
export class Ticks {
  readonly #board: Board;
  readonly #told: Map<string, string> = new Map();
  readonly #toldEndpoints: Map<string, string> = new Map();

  constructor(board: Board) {
    this.#board = board;
  }

  next({ metrics, alerts, health, resilience }: Snapshot): Tick {
    const point = newestPoint(this.#board.store);
    const endpoints = metrics.endpoints.filter((endpoint) => this.#isNewEndpoint(endpoint));
    const goneEndpoints = this.#gone(metrics.endpoints);
    const { atMs: _, ...healthFigures } = health;
    return {
      atMs: metrics.atMs,
      ...(point ? { point } : {}),
      ...(endpoints.length > 0 ? { endpoints } : {}),
      ...(goneEndpoints.length > 0 ? { goneEndpoints } : {}),
      ...this.#changed('overall', metrics.overall),
      ...this.#changed('inFlight', metrics.inFlight),
      ...this.#changed('process', metrics.process),
      ...this.#changed('cache', metrics.cache),
      ...this.#changed('database', metrics.database),
      ...this.#changed('limits', metrics.limits),
      ...this.#changed('alerts', alerts),
      ...(this.#isNew('health', healthFigures) ? { health } : {}),
      ...this.#changed('resilience', resilience),
    };
  }

  /** A reader starts from this snapshot: the next tick tells every slice, since what changed is not the same for all readers then. */
  startedFrom({ metrics }: Snapshot): void {
    this.#told.clear();
    for (const id of [...this.#toldEndpoints.keys(), ...metrics.endpoints.map((endpoint) => endpoint.id)]) this.#toldEndpoints.set(id, '');
  }

  #changed<Name extends string, Value>(name: Name, value: Value): Readonly<Partial<Record<Name, Value>>> {
    return (this.#isNew(name, value) ? { [name]: value } : {}) as Readonly<Partial<Record<Name, Value>>>;
  }

  #isNew(name: string, value: unknown): boolean {
    const words = JSON.stringify(value);
    if (this.#told.get(name) === words) return false;
    this.#told.set(name, words);
    return true;
  }

  #isNewEndpoint(endpoint: EndpointFigures): boolean {
    const words = JSON.stringify(endpoint);
    if (this.#toldEndpoints.get(endpoint.id) === words) return false;
    this.#toldEndpoints.set(endpoint.id, words);
    return true;
  }

  #gone(present: readonly EndpointFigures[]): string[] {
    const ids = new Set(present.map(({ id }) => id));
    const gone = [...this.#toldEndpoints.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.#toldEndpoints.delete(id);
    return gone;
  }
}
