import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import lazy, { ErrorBoundary } from 'preact-iso/lazy';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso/router';
import { toggleTables } from './chart/figure.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Overview } from './pages/overview/overview.tsx';
import { Finder } from './shell/finder.tsx';
import { KeyList } from './shell/key-list.tsx';
import { bindKeys, keyListOpen } from './shell/keys.ts';
import { SideBar, TabBar } from './shell/navigation.tsx';
import { Notice, say } from './shell/notice.tsx';
import { mount, pages, to } from './shell/paths.ts';
import { stepRow } from './shell/rows.ts';
import { title } from './shell/title.ts';
import { TopBar } from './shell/top-bar.tsx';
import { isStale, togglePause } from './state/live.ts';
import { rangeQuery, ranges, useRange } from './state/range.ts';

const Endpoints = lazy(() => import('./pages/endpoints/endpoints.tsx').then((page) => page.Endpoints));
const Endpoint = lazy(() => import('./pages/endpoints/endpoint.tsx').then((page) => page.Endpoint));
const Request = lazy(() => import('./pages/request/request.tsx').then((page) => page.Request));
const Alerts = lazy(() => import('./pages/alerts.tsx').then((page) => page.Alerts));
const Database = lazy(() => import('./pages/database.tsx').then((page) => page.Database));
const Cache = lazy(() => import('./pages/cache.tsx').then((page) => page.Cache));
const Limits = lazy(() => import('./pages/limits.tsx').then((page) => page.Limits));
const Settings = lazy(() => import('./pages/settings.tsx').then((page) => page.Settings));

const withRange = /^\/(?:$|endpoints|database|cache)/;

export const App = (): JSX.Element => (
  <LocationProvider scope={mount}>
    <Shell />
  </LocationProvider>
);

function Shell(): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const { path } = useLocation();
  useKeys();
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <div class="shell">
        <SideBar />
        <div>
          <TopBar hasRange={withRange.test(path.slice(mount.length) || '/')} />
          <main id="content" ref={main} tabIndex={-1} class={isStale.value ? 'page stale' : 'page'}>
            <ErrorBoundary>
              <Router onRouteChange={() => main.current?.focus({ preventScroll: true })}>
                <Route path={`${mount}/`} component={Overview} />
                <Route path={`${mount}/alerts`} component={Alerts} />
                <Route path={`${mount}/endpoints`} component={Endpoints} />
                <Route path={`${mount}/endpoints/:id`} component={Endpoint} />
                <Route path={`${mount}/requests/:id`} component={Request} />
                <Route path={`${mount}/database`} component={Database} />
                <Route path={`${mount}/cache`} component={Cache} />
                <Route path={`${mount}/limits`} component={Limits} />
                <Route path={`${mount}/settings`} component={Settings} />
                <Route default component={NotFound} />
              </Router>
            </ErrorBoundary>
          </main>
        </div>
      </div>
      <TabBar />
      <KeyList />
      <Finder />
      <Notice />
    </>
  );
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    say('Link copied');
  } catch {
    say('The browser does not allow copying here');
  }
}

/** The keys that work on every page. */
function useKeys(): void {
  const { route, path } = useLocation();
  const range = useRange();
  useEffect(
    () =>
      bindKeys(
        ...pages.filter((page) => page.key).map((page) => ({ keys: `g ${page.key}`, does: page.title, run: () => route(to(page.path, rangeQuery(range))) })),
        ...ranges.map(({ name, text }, index) => ({
          keys: String(index + 1),
          does: text,
          run: () => withRange.test(path.slice(mount.length) || '/') && route(path + to('/', rangeQuery(name)).slice(to('/').length), true),
        })),
        { keys: ' ', does: 'Pause or go on', run: togglePause },
        { keys: 'j', does: 'Next row', run: () => stepRow(1) },
        { keys: 'k', does: 'Previous row', run: () => stepRow(-1) },
        { keys: 't', does: 'Chart as table', run: toggleTables },
        { keys: 'c', does: 'Copy link', run: () => void copyLink() },
        { keys: '?', does: 'All keys', run: () => (keyListOpen.value = true) },
        { keys: 'Escape', does: 'Up one level', run: () => title.value.up && route(title.value.up.href) },
      ),
    [path, range, route],
  );
}
