import type { System } from '../../kernel/index.ts';
import { type EndpointFigures, Histogram, type RequestFigures } from '../../telemetry/index.ts';
import type { RangeName } from '../api/schema.ts';
import { Ring } from './ring.ts';
import { type Merged, mergeInto, mergeSystem, nothingMerged, type Slice, type SystemSlice, sliceOf } from './slice.ts';

/**
 * The figures of the past, in memory: by the second for 15 minutes, by the minute for 24 hours. Each second keeps what was added to the histograms since the
 * second before, in the stored form; a minute is its seconds merged, and a question merges the steps it asks for. Percentiles are never averaged.
 *
 * Seconds are numbered by the monotonic clock, so a jump of the wall clock moves the axis and breaks nothing. When the process was too busy to look,
 * the figures of the whole time stand in the newest second, which says how many seconds it speaks for, and the others are gaps.
 */
export const secondsKept = 900;
export const minutesKept = 1_440;

export interface Range {
  readonly name: RangeName;
  readonly lengthMs: number;
  /** Which steps it is answered from. */
  readonly unitMs: 1_000 | 60_000;
  /** How wide a point of a series is. */
  readonly stepMs: number;
}

export const ranges: Readonly<Record<RangeName, Range>> = {
  '1m': { name: '1m', lengthMs: 60_000, unitMs: 1_000, stepMs: 1_000 },
  '5m': { name: '5m', lengthMs: 300_000, unitMs: 1_000, stepMs: 1_000 },
  '15m': { name: '15m', lengthMs: 900_000, unitMs: 1_000, stepMs: 5_000 },
  '1h': { name: '1h', lengthMs: 3_600_000, unitMs: 60_000, stepMs: 60_000 },
  '6h': { name: '6h', lengthMs: 21_600_000, unitMs: 60_000, stepMs: 60_000 },
  '24h': { name: '24h', lengthMs: 86_400_000, unitMs: 60_000, stepMs: 300_000 },
};

class Track {
  readonly seconds: Ring<Slice> = new Ring(secondsKept);
  readonly minutes: Ring<Slice> = new Ring(minutesKept);
  /** The newest second with a request. */
  activeAt = -1;

  of(unitMs: Range['unitMs']): Ring<Slice> {
    return unitMs === 1_000 ? this.seconds : this.minutes;
  }
}

/** What an endpoint had counted when it was looked at last. */
class Before {
  requests = 0;
  errors = 0;
  readonly spentSeconds: Float64Array = new Float64Array(5);
  readonly durations: Histogram = new Histogram();
}

export class WindowStore {
  readonly #system: System;
  readonly #requests: RequestFigures;
  readonly #mostBytes: number;
  readonly #overall: Track = new Track();
  readonly #endpoints: Map<string, Track> = new Map();
  readonly #before: Map<string, Before> = new Map();
  readonly #systems: Ring<SystemSlice> = new Ring(secondsKept);
  readonly #systemMinutes: Ring<SystemSlice> = new Ring(minutesKept);
  readonly #total: Histogram = new Histogram();
  readonly #added: Histogram = new Histogram();
  #endpointBytes = 0;
  #endpointMinutes = minutesKept;
  #lookedAtMs: number;
  /** The newest second that is whole, -1 before the first. */
  newestSecond = -1;

  /** `mostBytes` bounds what is kept per endpoint; past it their oldest minutes go. */
  constructor(system: System, requests: RequestFigures, mostBytes: number) {
    this.#system = system;
    this.#requests = requests;
    this.#mostBytes = mostBytes;
    this.#lookedAtMs = system.clock.monotonicMs();
    for (const endpoint of requests.endpoints) this.#take(endpoint, 0);
  }

  /** Bytes the histograms of single endpoints hold, and how many minutes back they reach. */
  get kept(): { readonly endpointBytes: number; readonly endpointMinutes: number } {
    return { endpointBytes: this.#endpointBytes, endpointMinutes: this.#endpointMinutes };
  }

  /** Closes the second that just ended. Call it once a second; later calls close what has passed since. */
  look(system: SystemSlice): void {
    const nowMs = this.#system.clock.monotonicMs();
    const second = Math.round(nowMs / 1000) - 1;
    const seconds = (nowMs - this.#lookedAtMs) / 1000;
    if (second <= this.newestSecond || seconds <= 0) return;
    const overall = nothingMerged();
    for (const endpoint of this.#requests.endpoints) {
      const slice = this.#take(endpoint, seconds);
      if (slice.requests === 0) continue;
      mergeInto(overall, slice);
      this.#keep(endpoint.id, second, slice);
    }
    overall.seconds = seconds;
    this.#overall.seconds.set(second, sliceOf(overall));
    this.#systems.set(second, system);
    const minutesBefore = Math.floor((this.newestSecond + 1) / 60);
    this.newestSecond = second;
    this.#lookedAtMs = nowMs;
    const minutes = Math.floor((second + 1) / 60);
    if (minutes > minutesBefore) this.#closeMinute(minutes - 1);
    this.#makeRoom();
  }

  /** Wall time at which a second of the monotonic clock began. */
  wallOfMs(monotonicMs: number): number {
    return this.#system.clock.wallMs() - (this.#system.clock.monotonicMs() - monotonicMs);
  }

  /** First and one past the last step of a range, in its own units; the step that is not whole yet is not in it. */
  stepsOf({ lengthMs, unitMs }: Range): readonly [number, number] {
    const until = unitMs === 1_000 ? this.newestSecond + 1 : Math.floor((this.newestSecond + 1) / 60);
    return [until - lengthMs / unitMs, until];
  }

  /** All requests, or those of one endpoint, within some steps. `seconds` is always that of the whole process. */
  merged(unitMs: Range['unitMs'], from: number, until: number, endpoint?: string): Merged {
    const into = nothingMerged();
    const track = endpoint === undefined ? this.#overall : this.#endpoints.get(endpoint);
    for (let step = from; step < until; step++) {
      const slice = track?.of(unitMs).get(step);
      if (slice) mergeInto(into, slice);
    }
    into.seconds = this.secondsOf(unitMs, from, until);
    return into;
  }

  /** How much of some steps has figures. */
  secondsOf(unitMs: Range['unitMs'], from: number, until: number): number {
    let seconds = 0;
    for (let step = from; step < until; step++) seconds += this.#overall.of(unitMs).get(step)?.seconds ?? 0;
    return seconds;
  }

  systemOf(unitMs: Range['unitMs'], from: number, until: number): SystemSlice {
    const ring = unitMs === 1_000 ? this.#systems : this.#systemMinutes;
    const slices: SystemSlice[] = [];
    for (let step = from; step < until; step++) {
      const slice = ring.get(step);
      if (slice) slices.push(slice);
    }
    return mergeSystem(slices);
  }

  /** Ids of the endpoints that had a request since that second. */
  activeSince(second: number): string[] {
    return [...this.#endpoints].filter(([, { activeAt }]) => activeAt >= second).map(([id]) => id);
  }

  #take(endpoint: EndpointFigures, seconds: number): Slice {
    const before = this.#before.get(endpoint.id) ?? new Before();
    this.#before.set(endpoint.id, before);
    const requests = endpoint.requests - before.requests;
    if (requests === 0) return { seconds, requests, errors: 0, spentSeconds: before.spentSeconds, durations: noBytes };
    const slice = {
      seconds,
      requests,
      errors: endpoint.errors - before.errors,
      spentSeconds: endpoint.spentSeconds.map((spent, seam) => spent - (before.spentSeconds[seam] as number)),
      durations: endpoint.total(this.#total).since(before.durations, this.#added).toBytes(),
    };
    before.requests = endpoint.requests;
    before.errors = endpoint.errors;
    before.spentSeconds.set(endpoint.spentSeconds);
    before.durations.merge(this.#added);
    return slice;
  }

  #keep(id: string, second: number, slice: Slice): void {
    const track = this.#endpoints.get(id) ?? new Track();
    this.#endpoints.set(id, track);
    track.activeAt = second;
    this.#count(slice, track.seconds.set(second, slice));
  }

  #count(added: Slice | undefined, gone: Slice | undefined): void {
    this.#endpointBytes += (added?.durations.length ?? 0) - (gone?.durations.length ?? 0);
  }

  #closeMinute(minute: number): void {
    const first = minute * 60;
    this.#overall.minutes.set(minute, sliceOf(this.merged(1_000, first, first + 60)));
    this.#systemMinutes.set(minute, this.systemOf(1_000, first, first + 60));
    for (const [id, track] of this.#endpoints) {
      this.#count(undefined, track.minutes.drop(minute - this.#endpointMinutes));
      if (track.activeAt < first) continue;
      const slice = sliceOf(this.merged(1_000, first, first + 60, id));
      this.#count(slice, track.minutes.set(minute, slice));
    }
  }

  /** Endpoints reach less far back when they hold too much: by a tenth at a time. */
  #makeRoom(): void {
    const newest = Math.floor((this.newestSecond + 1) / 60) - 1;
    while (this.#endpointBytes > this.#mostBytes && this.#endpointMinutes > 1) {
      const fewer = Math.floor(this.#endpointMinutes * 0.9);
      for (const { minutes } of this.#endpoints.values())
        for (let ago = fewer; ago < this.#endpointMinutes; ago++) this.#count(undefined, minutes.drop(newest - ago));
      this.#endpointMinutes = fewer;
    }
  }
}

const noBytes = new Uint8Array(0);
