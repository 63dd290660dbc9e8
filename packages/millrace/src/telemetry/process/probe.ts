import { availableParallelism, totalmem } from 'node:os';
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** What the process says of itself. Everything named `…Total` only grows. */
export interface ProcessProbe {
  readonly processors: number;
  readonly memoryLimitBytes: number;
  readonly heapLimitBytes: number;
  open(): void;
  close(): void;
  read(): ProcessTotals;
}

export interface ProcessTotals {
  readonly cpuSecondsTotal: number;
  readonly loopActiveMsTotal: number;
  readonly loopIdleMsTotal: number;
  readonly gcSecondsTotal: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** Since the last reading, ms; NaN when it was not measured. */
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

const resolutionMs = 20;
const nanosPerMs = 1e6;

/** Node's own figures. The delay of the loop is what a timer of 20 ms was late. */
export class NodeProbe implements ProcessProbe {
  readonly processors: number = availableParallelism();
  readonly memoryLimitBytes: number = memoryLimit();
  readonly heapLimitBytes: number = getHeapStatistics().heap_size_limit;
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  #collections: PerformanceObserver | undefined;
  #gcMs = 0;

  open(): void {
    if (this.#delay) return;
    this.#delay = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#delay.enable();
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#gcMs += duration;
    });
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  close(): void {
    this.#delay?.disable();
    this.#collections?.disconnect();
    this.#delay = undefined;
    this.#collections = undefined;
  }

  read(): ProcessTotals {
    const { user, system } = process.cpuUsage();
    const { active, idle } = performance.eventLoopUtilization();
    const { rss, heapUsed } = process.memoryUsage();
    const loopDelayP99Ms = this.#lateMs(this.#delay?.percentile(99));
    const loopDelayMaxMs = this.#lateMs(this.#delay?.max);
    this.#delay?.reset();
    return {
      cpuSecondsTotal: (user + system) / 1e6,
      loopActiveMsTotal: active,
      loopIdleMsTotal: idle,
      gcSecondsTotal: this.#gcMs / 1000,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      loopDelayP99Ms,
      loopDelayMaxMs,
    };
  }

  #lateMs(nanos: number | undefined): number {
    return nanos === undefined || !this.#delay?.count ? Number.NaN : Math.max(0, nanos / nanosPerMs - resolutionMs);
  }
}

/** The container's limit where there is one. */
const memoryLimit = (): number => {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
};
