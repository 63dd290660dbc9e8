import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope, TierWrite } from '../../../src/cache/index.ts';
import { DiskTier, type DiskTierOptions, type DiskTierPorts } from '../../../src/cache/tiers/disk/index.ts';
import { type CallContext, rootContext, system } from '../../../src/kernel/index.ts';

export const request = (timeout: `${number}ms` | `${number}s` = '20s'): CallContext => rootContext(system, 'test', { timeout });

export async function makeDiskTier(options: DiskTierOptions, ports?: DiskTierPorts): Promise<DiskTier> {
  const tier = new DiskTier(options, ports);
  await tier.start();
  return tier;
}

export function entry(key: string, value: unknown, more: Partial<Envelope> = {}): TierWrite {
  const storedAtMs = system.clock.wallMs();
  const times = { storedAtMs, freshUntilMs: storedAtMs + 600_000, staleForMs: 0, graceMs: 0 };
  return { key, envelope: { value, ...times, tags: [], version: '1', confidence: undefined, ...more }, fence: undefined };
}

/** Directories of one test file, removed with it. */
export function directories(): { next(): string; removeAll(): void } {
  const home = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  let count = 0;
  return { next: () => join(home, String(++count)), removeAll: () => rmSync(home, { recursive: true, force: true }) };
}
