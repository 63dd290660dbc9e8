import type { JSX } from 'preact';
import type { Figure } from '../format/figures.ts';

/** A figure with its unit small and grey behind it. */
export const FigureText = ({ value }: { value: Figure }): JSX.Element => (
  <span class="figure">
    {value.text}
    {value.unit ? (
      <span class="unit">
        {'\u00a0'}
        {value.unit}
      </span>
    ) : null}
  </span>
);

export interface Fact {
  readonly name: string;
  readonly value: Figure;
  readonly tone?: string | undefined;
}

/** A row of named figures. */
export const Facts = ({ facts }: { facts: readonly Fact[] }): JSX.Element => (
  <dl class="facts">
    {facts.map(({ name, value, tone }) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd class={tone ?? ''}>
          <FigureText value={value} />
        </dd>
      </div>
    ))}
  </dl>
);
