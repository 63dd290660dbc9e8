import type { ComponentChildren, JSX } from 'preact';
import type { Part as Answered } from '../state/use-answer.ts';
import { Card } from './card.tsx';
import { Failed, Skeleton } from './states.tsx';

interface PartProps<T> {
  /** What it is called where it fails or loads: its own heading. */
  readonly title: string;
  readonly part: Answered<T>;
  readonly lines?: number;
  readonly children: (value: T) => ComponentChildren;
}

/** One part of a page that is asked for on its own: its shape first, then its content, and where it fails only this card says so. */
export function Part<T>({ title, part, lines, children }: PartProps<T>): JSX.Element {
  if (part.failure) {
    return (
      <Card title={title} failed>
        <Failed what={title} failure={part.failure} retry={part.reload} />
      </Card>
    );
  }
  if (part.value === undefined) {
    return (
      <Card title={title}>
        <Skeleton label={title} lines={lines ?? 4} />
      </Card>
    );
  }
  return <>{children(part.value)}</>;
}
