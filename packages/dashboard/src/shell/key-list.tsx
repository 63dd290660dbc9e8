import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { letterKeys } from '../state/settings.ts';
import { keyListOpen } from './keys.ts';
import { pages } from './paths.ts';

/** Every key there is, in the order one meets them. */
const keyTable: readonly (readonly [does: string, keys: string])[] = [
  ['Find a page or an endpoint', 'Ctrl K'],
  ['Pause or go on', 'space'],
  ...pages.filter((page) => page.key).map((page): readonly [string, string] => [page.title, `g ${page.key}`]),
  ['Next, previous row', 'j k'],
  ['Open', 'enter'],
  ['Up one level', 'esc'],
  ['Chart as table', 't'],
  ['Step along a chart', '← →'],
  ['Copy link to this view', 'c'],
  ['All keys', '?'],
];

export const KeyTable = (): JSX.Element => (
  <dl class="keys">
    {keyTable.map(([does, keys]) => (
      <div key={does}>
        <dt>{does}</dt>
        <dd>
          {keys.split(' ').map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </dd>
      </div>
    ))}
  </dl>
);

/** The list behind `?`, as a dialog: `esc` closes it and the focus goes back to where it was. */
export function KeyList(): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const open = keyListOpen.value;
  useEffect(() => {
    if (open && !ref.current?.open) ref.current?.showModal();
    if (!open && ref.current?.open) ref.current.close();
  }, [open]);
  return (
    <dialog ref={ref} aria-labelledby="key-list-title" onClose={() => (keyListOpen.value = false)}>
      <div class="head">
        <h2 id="key-list-title">Keys</h2>
        <span class="sub">{letterKeys.value ? 'single letters can be switched off in Settings' : 'single letters are switched off, see Settings'}</span>
        <div class="head-end">
          <button type="button" class="icon-button" aria-label="Close" onClick={() => ref.current?.close()}>
            <Icon name="close" />
          </button>
        </div>
      </div>
      <KeyTable />
    </dialog>
  );
}
