import type { JSX } from 'preact';
import { useLocation } from 'preact-iso/router';
import { Icon, Mark } from '../components/icon.tsx';
import { age } from '../format/time.ts';
import { nowMs, openAlerts, service } from '../state/live.ts';
import { mount, type Page, pages, to } from './paths.ts';

const isCurrent = (page: Page, path: string): boolean => {
  const here = path.slice(mount.length) || '/';
  if (page.path === '/endpoints' && here.startsWith('/requests/')) return true;
  return page.path === '/' ? here === '/' : here === page.path || here.startsWith(`${page.path}/`);
};

const AlertCount = (): JSX.Element | null =>
  openAlerts.value > 0 ? (
    <span class="count">
      {openAlerts.value}
      <span class="hidden-text"> open</span>
    </span>
  ) : null;

/** All pages, for screens with room. Below 1180 px only icons, whose words screen readers still hear. */
export function SideBar(): JSX.Element {
  const { path } = useLocation();
  const groups = [...new Set(pages.map((page) => page.group))];
  return (
    <nav class="side" aria-label="Pages">
      <a class="brand" href={to('/')}>
        <Mark />
        <span>Millrace</span>
      </a>
      {groups.map((group) => (
        <div class="side-group" key={group}>
          {group ? <p class="side-title">{group}</p> : null}
          {pages
            .filter((page) => page.group === group)
            .map((page) => (
              <a key={page.path} class="side-link" href={to(page.path)} title={page.title} aria-current={isCurrent(page, path) ? 'page' : undefined}>
                <Icon name={page.icon} />
                <span>{page.title}</span>
                {page.path === '/alerts' ? <AlertCount /> : null}
              </a>
            ))}
        </div>
      ))}
      <ServiceFacts />
    </nav>
  );
}

function ServiceFacts(): JSX.Element | null {
  const facts = service.value;
  if (!facts) return null;
  return (
    <div class="side-foot">
      <div class="cut">{facts.name}</div>
      up {age(nowMs.value - facts.startedAtMs)}
    </div>
  );
}

const tabs: readonly Page[] = [
  ...pages.filter((page) => ['/', '/alerts', '/endpoints', '/database'].includes(page.path)),
  { path: '/settings', title: 'More', icon: 'settings' },
];

/** Five places for a thumb; the rest is behind the last one. */
export function TabBar(): JSX.Element {
  const { path } = useLocation();
  const elsewhere = !tabs.some((page) => isCurrent(page, path));
  return (
    <nav class="tabs" aria-label="Pages, short">
      {tabs.map((page) => {
        const more = page.title === 'More';
        return (
          <a key={page.path} class="tab" href={to(page.path)} aria-current={isCurrent(page, path) || (more && elsewhere) ? 'page' : undefined}>
            <Icon name={more ? 'more' : page.icon} />
            {page.title}
            {page.path === '/alerts' ? <AlertCount /> : null}
          </a>
        );
      })}
    </nav>
  );
}
