import type { JSX } from 'preact';
import { Card } from '../components/card.tsx';
import { to } from '../shell/paths.ts';
import { useTitle } from '../shell/title.ts';

export function NotFound(): JSX.Element {
  useTitle('No such page', { text: 'Overview', href: to('/') });
  return (
    <Card title="There is nothing at this address">
      <div class="state">
        <p>The link may be older than this version of the dashboard.</p>
        <a class="button" href={to('/')}>
          To the overview
        </a>
      </div>
    </Card>
  );
}
