import type { JSX } from 'preact';
import type { PerSeam } from '../../../millrace/src/monitoring/api/schema.ts';
import { layers } from '../chart/layers.ts';
import { Card } from '../components/card.tsx';
import { duration, words } from '../format/figures.ts';

/** Time at each layer as bars, the longest as long as there is room. */
export function Shares({ title, spentMs }: { title: string; spentMs: PerSeam<number> }): JSX.Element {
  const total = layers.reduce((sum, { id }) => sum + spentMs[id], 0);
  const most = Math.max(0, ...layers.map(({ id }) => spentMs[id]));
  return (
    <Card title={title} sub="nothing counted twice">
      <dl class="shares">
        {layers.map(({ id, name, token }) => (
          <div key={id}>
            <dt>
              <i style={{ '--c': `var(--${token})` }} />
              {name}
            </dt>
            <dd class="meter" aria-hidden="true">
              <i style={{ '--c': `var(--${token})`, width: `${((spentMs[id] / (most || 1)) * 100).toFixed(1)}%` }} />
            </dd>
            <dd class="number">{words(duration(spentMs[id]))}</dd>
            <dd class="number">{total > 0 ? `${Math.round((spentMs[id] / total) * 100)} %` : ''}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
