import { describe, expect, it } from 'vitest';
import { testSystem } from '../../testing/index.ts';
import { prometheusText } from '../prometheus/index.ts';
import { NodeProbe, ProcessFigures, type ProcessProbe, type ProcessTotals } from './index.ts';

const start: ProcessTotals = {
  cpuSecondsTotal: 10,
  loopActiveMsTotal: 1_000,
  loopIdleMsTotal: 9_000,
  gcSecondsTotal: 1,
  residentBytes: 300,
  heapUsedBytes: 90,
  loopDelayP99Ms: 4,
  loopDelayMaxMs: 9,
};

class ScriptedProbe implements ProcessProbe {
  readonly processors = 2;
  readonly memoryLimitBytes = 1_000;
  readonly heapLimitBytes = 100;
  now: ProcessTotals = start;
  isOpen = false;
  open(): void {
    this.isOpen = true;
  }
  close(): void {
    this.isOpen = false;
  }
  read(): ProcessTotals {
    return this.now;
  }
}

describe('ProcessFigures', () => {
  it('M4 tells processor, memory, event loop and garbage collection of the last second', async () => {
    const { clock } = testSystem();
    const probe = new ScriptedProbe();
    const figures = new ProcessFigures(clock, probe);
    expect(figures.read().cpuRatio).toBeNaN();
    await figures.start();
    probe.now = { ...start, cpuSecondsTotal: 11, loopActiveMsTotal: 1_750, loopIdleMsTotal: 9_250, gcSecondsTotal: 1.02 };
    await clock.advance(1_000);
    expect(figures.read()).toMatchObject({ cpuRatio: 0.5, loopUtilisationRatio: 0.75, loopDelayP99Ms: 4, memoryRatio: 0.9, residentBytes: 300 });
    expect(figures.read().gcRatio).toBeCloseTo(0.02);
    await clock.advance(1_000);
    expect(figures.read().cpuRatio).toBe(0);
    await figures.stop();
    await figures.stop();
    expect([probe.isOpen, clock.pending]).toEqual([false, 0]);
  });

  it('M1 shows them as metrics', () => {
    const text = prometheusText([new ProcessFigures(testSystem().clock, new ScriptedProbe())]);
    expect(text).toContain('millrace_process_cpu_seconds_total 10\n');
    expect(text).toContain('millrace_process_memory_ratio 0.9\n');
    expect(text).not.toContain('NaN');
  });

  it('M1 the probe reads this very process', () => {
    const probe = new NodeProbe();
    probe.open();
    const totals = probe.read();
    probe.close();
    expect(totals.cpuSecondsTotal).toBeGreaterThan(0);
    expect(totals.residentBytes).toBeGreaterThan(10_000_000);
    expect(probe.memoryLimitBytes).toBeGreaterThan(totals.residentBytes);
    expect(probe.heapLimitBytes).toBeGreaterThan(totals.heapUsedBytes);
  });
});
