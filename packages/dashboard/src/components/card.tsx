import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface CardProps {
  readonly title: string;
  readonly sub?: ComponentChildren;
  readonly end?: ComponentChildren;
  readonly failed?: boolean;
  readonly children: ComponentChildren;
}

/** A part of a page with its heading. */
export function Card({ title, sub, end, failed = false, children }: CardProps): JSX.Element {
  const heading = useId();
  return (
    <section class={failed ? 'card is-failed' : 'card'} aria-labelledby={heading}>
      <div class="head">
        <h2 id={heading}>{title}</h2>
        {sub ? <span class="sub">{sub}</span> : null}
        {end ? <div class="head-end">{end}</div> : null}
      </div>
      {children}
    </section>
  );
}
