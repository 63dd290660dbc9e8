import type { JSX } from 'preact';
import { Card } from '../components/card.tsx';
import { Icon } from '../components/icon.tsx';
import { KeyTable } from '../shell/key-list.tsx';
import { pages, to } from '../shell/paths.ts';
import { useTitle } from '../shell/title.ts';
import { letterKeys, type Theme, theme } from '../state/settings.ts';

const themes: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

/** What one reader chose for this browser, and on a phone the way to the other pages. */
export function Settings(): JSX.Element {
  useTitle('Settings');
  return (
    <>
      <div class="only-phone">
        <Card title="Pages">
          <ul class="page-links">
            {pages
              .filter((page) => page.path !== '/settings')
              .map((page) => (
                <li key={page.path}>
                  <a href={to(page.path)}>
                    <Icon name={page.icon} />
                    {page.title}
                  </a>
                </li>
              ))}
          </ul>
        </Card>
      </div>
      <Card title="This browser">
        <div class="setting">
          <div id="theme-label">Colours</div>
          <fieldset class="segments" aria-labelledby="theme-label">
            {themes.map(([value, text]) => (
              <button key={value} type="button" aria-pressed={theme.value === value} onClick={() => (theme.value = value)}>
                {text}
              </button>
            ))}
          </fieldset>
        </div>
        <div class="setting">
          <div>
            <div id="keys-label">Single letters as keys</div>
            <p>Switch them off when speech input or an unsteady hand presses them by accident.</p>
          </div>
          <fieldset class="segments" aria-labelledby="keys-label">
            <button type="button" aria-pressed={letterKeys.value} onClick={() => (letterKeys.value = true)}>
              On
            </button>
            <button type="button" aria-pressed={!letterKeys.value} onClick={() => (letterKeys.value = false)}>
              Off
            </button>
          </fieldset>
        </div>
      </Card>
      <Card title="Keys" sub={letterKeys.value ? 'press ? on any page' : 'single letters are off'}>
        <KeyTable />
      </Card>
    </>
  );
}
