import { Component, type ComponentChildren, type ComponentType } from 'preact';

/** Renders again only when one of its properties is another object than before. For components that read no signals. */
export function memo<P extends object>(render: (props: P) => ComponentChildren): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const names = Object.keys(next) as (keyof P)[];
      return names.length !== Object.keys(this.props).length || names.some((name) => next[name] !== this.props[name]);
    }
    override render(): ComponentChildren {
      return render(this.props as P);
    }
  };
}
