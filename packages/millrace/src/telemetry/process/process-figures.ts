import { type Clock, everyMs, type Lifecycle, type StatSink, type StatSource } from '../../kernel/index.ts';
import { NodeProbe, type ProcessProbe, type ProcessTotals } from './probe.ts';

/** One second of the process. NaN where it was not measured yet. */
export interface ProcessReading {
  /** Of all the processors it may use, 0 to 1. */
  readonly cpuRatio: number;
  /** The larger of resident memory against what the process may use, and heap against its limit, 0 to 1. */
  readonly memoryRatio: number;
  readonly residentBytes: number;
  readonly memoryLimitBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** Share of the time in which the event loop had work, 0 to 1. */
  readonly loopUtilisationRatio: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly gcRatio: number;
}

/** Processor, memory, event loop and garbage collection, looked at once a second between `start` and `stop`. */
export class ProcessFigures implements StatSource, Lifecycle {
  readonly name = 'process';
  readonly #clock: Clock;
  readonly #probe: ProcessProbe;
  readonly #everyMs: number;
  #stop: (() => void) | undefined;
  #totals: ProcessTotals;
  #readAtMs: number;
  #newest: ProcessReading;

  constructor(clock: Clock, probe: ProcessProbe = new NodeProbe(), intervalMs = 1000) {
    this.#clock = clock;
    this.#probe = probe;
    this.#everyMs = intervalMs;
    this.#totals = probe.read();
    this.#readAtMs = clock.monotonicMs();
    this.#newest = this.#reading(this.#totals, this.#totals, 0);
  }

  async start(): Promise<void> {
    if (this.#stop) return;
    this.#probe.open();
    this.#totals = this.#probe.read();
    this.#readAtMs = this.#clock.monotonicMs();
    this.#stop = everyMs(this.#clock, this.#everyMs, () => this.#look());
  }

  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    this.#probe.close();
  }

  /** The newest whole second. */
  read(): ProcessReading {
    return this.#newest;
  }

  collect(sink: StatSink): void {
    const { cpuSecondsTotal, gcSecondsTotal, residentBytes, heapUsedBytes } = this.#totals;
    const { loopUtilisationRatio, loopDelayP99Ms, cpuRatio, memoryRatio } = this.#newest;
    sink.counter('millrace_process_cpu_seconds_total', 'Processor time used', cpuSecondsTotal);
    sink.gauge('millrace_process_cpu_ratio', 'Processor time of the last second, of all processors', orZero(cpuRatio));
    sink.gauge('millrace_process_memory_ratio', 'Memory in use, of what the process may use', orZero(memoryRatio));
    sink.gauge('millrace_process_resident_bytes', 'Resident memory', residentBytes);
    sink.gauge('millrace_process_heap_used_bytes', 'JavaScript heap in use', heapUsedBytes);
    sink.gauge('millrace_event_loop_utilisation_ratio', 'Share of the last second in which the event loop had work', orZero(loopUtilisationRatio));
    sink.gauge('millrace_event_loop_delay_p99_seconds', 'How late timers were in the last second, 99th percentile', orZero(loopDelayP99Ms) / 1000);
    sink.counter('millrace_gc_seconds_total', 'Time spent collecting garbage', gcSecondsTotal);
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    const totals = this.#probe.read();
    this.#newest = this.#reading(this.#totals, totals, nowMs - this.#readAtMs);
    this.#totals = totals;
    this.#readAtMs = nowMs;
  }

  #reading(before: ProcessTotals, now: ProcessTotals, elapsedMs: number): ProcessReading {
    const { processors, memoryLimitBytes, heapLimitBytes } = this.#probe;
    const { residentBytes, heapUsedBytes, loopDelayP99Ms, loopDelayMaxMs } = now;
    const active = now.loopActiveMsTotal - before.loopActiveMsTotal;
    const idle = now.loopIdleMsTotal - before.loopIdleMsTotal;
    return {
      cpuRatio: share(now.cpuSecondsTotal - before.cpuSecondsTotal, (elapsedMs / 1000) * processors),
      memoryRatio: Math.max(share(residentBytes, memoryLimitBytes), share(heapUsedBytes, heapLimitBytes)),
      residentBytes,
      memoryLimitBytes,
      heapUsedBytes,
      heapLimitBytes,
      loopUtilisationRatio: share(active, active + idle),
      loopDelayP99Ms,
      loopDelayMaxMs,
      gcRatio: share(now.gcSecondsTotal - before.gcSecondsTotal, elapsedMs / 1000),
    };
  }
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : Number.NaN);
const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
