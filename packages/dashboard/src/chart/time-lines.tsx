import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { onSchemeChange } from './colours.ts';
import { Plot, type ReadoutRow } from './plot.tsx';
import { drawLines, type Line, type LinesHandle } from './uplot-lines.ts';

interface TimeLinesProps {
  readonly label: string;
  readonly timesMs: readonly number[];
  /** At most five; more would be noise. */
  readonly lines: readonly Line[];
  readonly limit?: { readonly value: number; readonly text: string } | undefined;
  /** A value of the axis in words. */
  readonly axisText: (value: number) => string;
  readonly readout: (index: number) => readonly ReadoutRow[];
}

const margins = { left: 54, right: 10, top: 14, bottom: 24 };

/** Lines over time, drawn by the one chart library there is. Everything else on the plot (cursor, read-out, keys) is `Plot`'s. */
export function TimeLines({ label, timesMs, lines, limit, axisText, readout }: TimeLinesProps): JSX.Element {
  const last = Math.max(1, timesMs.length - 1);
  return (
    <Plot label={label} timesMs={timesMs} margins={margins} across={(index) => index / last} readout={readout}>
      {(frame) => <Lines timesMs={timesMs} lines={lines} limit={limit} axisText={axisText} width={frame.width} height={frame.height} />}
    </Plot>
  );
}

interface LinesProps extends Pick<TimeLinesProps, 'timesMs' | 'lines' | 'limit' | 'axisText'> {
  readonly width: number;
  readonly height: number;
}

function Lines({ timesMs, lines, limit, axisText, width, height }: LinesProps): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const chart = useRef<LinesHandle | null>(null);
  const shape = lines.map(({ name, token, dashed }) => `${name} ${token} ${dashed}`).join();
  useEffect(() => {
    const host = ref.current;
    if (!host) return;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = drawLines(host, { timesMs, lines, limit, axisText, width, height, margins });
    };
    draw();
    const stop = onSchemeChange(draw);
    return () => {
      stop();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape, width, height, limit?.value]);
  useEffect(() => chart.current?.update(timesMs, lines), [timesMs, lines]);
  return <div class="lines" ref={ref} aria-hidden="true" />;
}
