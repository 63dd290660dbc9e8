import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { clockTime } from '../format/time.ts';
import { cursorMs } from './cursor.ts';
import { nearest } from './scale.ts';
import { useSize } from './size.ts';

/** Room around the drawing area, in pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What stands at one moment: a name, its figure in words, and its colour where it has one. */
export interface ReadoutRow {
  readonly label: string;
  readonly text: string;
  readonly token?: string | undefined;
}

interface PlotProps {
  readonly label: string;
  readonly timesMs: readonly number[];
  readonly margins: Omit<Frame, 'width' | 'height'>;
  /** From a moment's place in `timesMs` to its place across the frame, 0 to 1. */
  readonly across: (index: number) => number;
  readonly readout: (index: number) => readonly ReadoutRow[];
  readonly children: (frame: Frame) => ComponentChildren;
}

/** The area of a time chart: knows its size, follows pointer and arrow keys, and shows what stands at that moment. */
export function Plot({ label, timesMs, margins, across, readout, children }: PlotProps): JSX.Element {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [near, setNear] = useState(false);
  const frame = { ...margins, width, height };
  const inner = width - frame.left - frame.right;
  const first = timesMs[0];
  const last = timesMs.at(-1);
  const at = cursorMs.value;
  const inRange = at !== undefined && first !== undefined && last !== undefined && at >= first && at <= last;
  const index = inRange ? nearest(timesMs, at) : -1;
  const x = frame.left + across(Math.max(0, index)) * inner;

  const point = (event: PointerEvent): void => {
    const box = ref.current?.getBoundingClientRect();
    if (!box || timesMs.length === 0 || inner <= 0) return;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left - frame.left) / inner));
    setNear(true);
    cursorMs.value = timesMs[Math.round(share * (timesMs.length - 1))];
  };
  const leave = (): void => {
    setNear(false);
    cursorMs.value = undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const from = index < 0 ? timesMs.length : index;
    const goal = { ArrowLeft: from - 1, ArrowRight: index < 0 ? 0 : from + 1, Home: 0, End: timesMs.length - 1 }[event.key];
    if (goal === undefined || timesMs.length === 0) return;
    event.preventDefault();
    setNear(true);
    cursorMs.value = timesMs[Math.min(timesMs.length - 1, Math.max(0, goal))];
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the cursor over the chart
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="plot" ref={ref} role="group" aria-label={label} tabIndex={0} onPointerMove={point} onPointerLeave={leave} onKeyDown={onKeyDown} onBlur={leave}>
      {width > 60 ? children(frame) : null}
      {index >= 0 && width > 60 ? (
        <svg height={frame.height} aria-hidden="true">
          <path d={`M${x} ${frame.top}V${frame.height - frame.bottom}`} stroke="var(--text-2)" stroke-dasharray="2 2" />
        </svg>
      ) : null}
      {near && index >= 0 ? <Tip x={x} width={width} atMs={timesMs[index] as number} rows={readout(index)} /> : null}
    </div>
  );
}

const tipRoomPx = 176;

const Tip = ({ x, width, atMs, rows }: { x: number; width: number; atMs: number; rows: readonly ReadoutRow[] }): JSX.Element => (
  <div
    class="tip"
    role="status"
    style={{ transform: `translateX(${Math.round(x + 14 + tipRoomPx > width ? Math.max(0, x - 14 - tipRoomPx + 20) : x + 14)}px)` }}
  >
    <b>{clockTime(atMs)}</b>
    <dl>
      {rows.map((row) => (
        <div key={row.label}>
          <dt>
            {row.token ? <i style={{ '--c': `var(--${row.token})` }} /> : null}
            {row.label}
          </dt>
          <dd>{row.text || '–'}</dd>
        </div>
      ))}
    </dl>
  </div>
);
