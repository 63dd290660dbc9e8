import { describe, expect, it } from 'vitest';
import type { HealthCheck, HealthReport } from '../../kernel/index.ts';
import { settle, testSystem } from '../../testing/index.ts';
import type { DependencyState } from '../api/schema.ts';
import { HealthRegistry } from './index.ts';

class ScriptedCheck implements HealthCheck {
  readonly name: string;
  asked = 0;
  signal: AbortSignal | undefined;
  answer: () => Promise<HealthReport> = async () => ({ state: 'up' });
  constructor(name: string) {
    this.name = name;
  }
  check(signal: AbortSignal): Promise<HealthReport> {
    this.asked++;
    this.signal = signal;
    return this.answer();
  }
}

function world(...checks: ScriptedCheck[]): { on: ReturnType<typeof testSystem>; health: HealthRegistry; changes: DependencyState[] } {
  const on = testSystem();
  const changes: DependencyState[] = [];
  const health = new HealthRegistry({ clock: on.clock, intervalMs: 30_000, limitMs: 5_000, checks: () => checks, onChange: (state) => changes.push(state) });
  return { on, health, changes };
}

describe('health', () => {
  it('M8 a dependency that is down makes the process neither dead nor unready', async () => {
    const database = new ScriptedCheck('database');
    database.answer = () => Promise.reject(new Error('refused'));
    const { health } = world(database);
    health.phase = 'running';
    await health.check();
    expect(health.live()).toEqual({ state: 'up' });
    expect(health.ready()).toEqual({ ready: true, phase: 'running', reasons: [] });
    expect(health.detail()).toMatchObject({ state: 'down', dependencies: [{ name: 'database', state: 'down', reason: 'refused', failures: 1 }] });
  });

  it('M8 is ready only while it runs, and while none of its own parts holds it back', () => {
    const { health } = world();
    expect(health.ready()).toMatchObject({ ready: false, phase: 'starting', reasons: ['The instance is starting'] });
    health.phase = 'running';
    const release = health.hold('The embedded server is starting again');
    expect(health.ready()).toMatchObject({ ready: false, reasons: ['The embedded server is starting again'] });
    release();
    release();
    expect(health.ready().ready).toBe(true);
    health.phase = 'stopping';
    expect(health.ready().ready).toBe(false);
    expect(health.live()).toEqual({ state: 'up' });
  });

  it('M8 checks at the start and then every 30 seconds', async () => {
    const database = new ScriptedCheck('database');
    const { on, health } = world(database);
    expect(health.detail().dependencies).toEqual([]);
    health.start();
    health.start();
    await settle();
    expect([database.asked, health.detail().dependencies[0]?.state]).toEqual([1, 'up']);
    await on.clock.advance(29_999);
    expect(database.asked).toBe(1);
    await on.clock.advance(1);
    expect(database.asked).toBe(2);
    await health.stop();
    await health.stop();
    expect(on.clock.pending).toBe(0);
  });

  it('M8 a check that hangs counts as down after its limit, is told to stop, and is not asked again meanwhile', async () => {
    const [hanging, fine] = [new ScriptedCheck('hanging'), new ScriptedCheck('fine')];
    hanging.answer = () => new Promise(() => {});
    const { on, health } = world(hanging, fine);
    const round = health.check();
    await settle();
    expect(health.detail().dependencies.map(({ state }) => state)).toEqual(['unknown', 'up']);
    await health.check();
    expect(hanging.asked).toBe(1);
    await on.clock.advance(5_000);
    await round;
    expect(hanging.signal?.aborted).toBe(true);
    expect(health.detail().dependencies[0]).toMatchObject({ state: 'down', reason: 'No answer within 5000 ms', tookMs: 5_000 });
  });

  it('M8 tells once when a dependency goes and once when it comes back, and since when', async () => {
    const database = new ScriptedCheck('database');
    const { on, health, changes } = world(database);
    await health.check();
    for (const state of ['down', 'down', 'up'] as const) {
      database.answer = async () => ({ state });
      await on.clock.advance(30_000);
      await health.check();
    }
    expect(changes.map(({ state }) => state)).toEqual(['up', 'down', 'up']);
    expect(changes.map(({ sinceMs }) => sinceMs - 1_700_000_000_000)).toEqual([0, 30_000, 90_000]);
    expect(health.detail().dependencies[0]?.failures).toBe(0);
  });

  it('M8 the whole is as well as its worst dependency', async () => {
    const [one, other] = [new ScriptedCheck('one'), new ScriptedCheck('other')];
    other.answer = async () => ({ state: 'degraded', detail: { reason: 'far behind', lagMs: 5_000 } });
    const { health } = world(one, other);
    await health.check();
    expect(health.detail()).toMatchObject({
      state: 'degraded',
      dependencies: [{ state: 'up' }, { state: 'degraded', reason: 'far behind', detail: { lagMs: 5_000 } }],
    });
  });

  it('X6 no reason and no detail holds a secret', async () => {
    const database = new ScriptedCheck('database');
    const { health } = world(database);
    database.answer = () => Promise.reject(new Error('connect postgres://app:canary-1@db/shop refused'));
    await health.check();
    expect(JSON.stringify(health.detail())).not.toContain('canary-1');
    database.answer = async () => ({ state: 'up', detail: { password: 'canary-1', url: 'postgres://app:canary-1@db/shop' } });
    await health.check();
    expect(JSON.stringify(health.detail())).not.toContain('canary-1');
  });

  it('forgets a check that is gone', async () => {
    const checks = [new ScriptedCheck('one'), new ScriptedCheck('other')];
    const { health } = world(...checks);
    const registry = new HealthRegistry({ clock: testSystem().clock, intervalMs: 1_000, limitMs: 10, checks: () => checks });
    await Promise.all([health.check(), registry.check()]);
    checks.pop();
    await registry.check();
    expect(registry.detail().dependencies.map(({ name }) => name)).toEqual(['one']);
  });
});
