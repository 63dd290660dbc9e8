import type { JSX } from 'preact';
import { Card } from '../../components/card.tsx';
import { Facts } from '../../components/figure-text.tsx';
import { Skeleton } from '../../components/states.tsx';
import { bytes, duration, percent } from '../../format/figures.ts';
import { age } from '../../format/time.ts';
import { nowMs, process, service } from '../../state/live.ts';

const part = (of: number): string => (of > 0 ? `of ${bytes(of).text} ${bytes(of).unit}` : '');

/** How the process itself is doing. */
export function ProcessCard(): JSX.Element {
  const now = process.value;
  if (!now) {
    return (
      <Card title="Process">
        <Skeleton label="Process" lines={2} />
      </Card>
    );
  }
  const started = service.value?.startedAtMs;
  return (
    <Card title="Process" sub={started === undefined ? undefined : `up ${age(nowMs.value - started)}`}>
      <Facts
        facts={[
          { name: 'CPU', value: percent(now.cpuRatio) },
          { name: `Memory ${part(now.memoryLimitBytes)}`, value: bytes(now.residentBytes) },
          { name: `Heap ${part(now.heapLimitBytes)}`, value: bytes(now.heapUsedBytes) },
          { name: 'Event loop in use', value: percent(now.eventLoopUtilisationRatio) },
          { name: 'Event loop delay, p99', value: duration(now.eventLoopDelayP99Ms) },
          { name: 'Garbage collection', value: percent(now.gcRatio) },
        ]}
      />
    </Card>
  );
}
