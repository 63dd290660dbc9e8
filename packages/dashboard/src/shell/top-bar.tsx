import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Icon } from '../components/icon.tsx';
import { age, clockTime } from '../format/time.ts';
import { isStale, leaving, pausedAtMs, retryNow, service, status, togglePause } from '../state/live.ts';
import { rangeQuery, ranges, useRange } from '../state/range.ts';
import { finderOpen } from './keys.ts';
import { to } from './paths.ts';
import { title } from './title.ts';

/** The page's heading, the range, and whether what one sees is alive. */
export function TopBar({ hasRange }: { hasRange: boolean }): JSX.Element {
  const { text, up } = title.value;
  return (
    <header class="top">
      <div class="top-title">
        {up ? (
          <a class="crumb wide" href={up.href}>
            {up.text} /
          </a>
        ) : null}
        <h1 class="cut">{text}</h1>
      </div>
      {service.value ? <span class="tag wide cut">{service.value.name}</span> : null}
      <div class="top-right">
        <button type="button" class="button is-quiet wide" onClick={() => (finderOpen.value = true)}>
          <Icon name="find" />
          Find<span class="hidden-text"> a page or an endpoint</span> <kbd>Ctrl K</kbd>
        </button>
        {hasRange ? <RangePicker /> : null}
        <LiveButton />
      </div>
    </header>
  );
}

function RangePicker(): JSX.Element {
  const { route, path } = useLocation();
  const range = useRange();
  return (
    <fieldset class="segments">
      <legend class="hidden-text">Time range</legend>
      {ranges.map(({ name, text, short }) => (
        <button
          key={name}
          type="button"
          class={short ? '' : 'wide'}
          aria-pressed={name === range}
          onClick={() => route(path + to('/', rangeQuery(name)).slice(to('/').length), true)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

/** Seconds that pass while nothing arrives: only then does this part need a clock of its own. */
function useSeconds(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

function LiveButton(): JSX.Element {
  const paused = pausedAtMs.value;
  const stale = isStale.value;
  const { lastEventAtMs, nextTryAtMs } = status.value;
  const now = useSeconds(stale || nextTryAtMs !== undefined);
  const connecting = lastEventAtMs === undefined;
  const look = paused !== undefined ? 'is-paused' : stale ? 'is-stale' : connecting ? '' : 'is-live';
  const text =
    paused !== undefined
      ? `Paused ${clockTime(paused)}`
      : stale
        ? connecting
          ? 'No figures'
          : `${age(now - lastEventAtMs)} old`
        : connecting
          ? 'Connecting'
          : 'Live';
  const next = nextTryAtMs !== undefined ? `next try in ${Math.max(0, Math.ceil((nextTryAtMs - now) / 1_000))} s` : leaving.value ? 'the service stops' : '';
  return (
    <>
      {stale && paused === undefined && next ? <span class="faint wide">{next}</span> : null}
      <button type="button" class="button" aria-pressed={paused !== undefined} onClick={stale && paused === undefined ? retryNow : togglePause}>
        <span class={`live ${look}`}>
          <span class="live-dot" />
          {text}
        </span>
        <span class="hidden-text">. {stale && paused === undefined ? 'Try now' : paused === undefined ? 'Pause' : 'Go on'} </span>
        <kbd class="wide">{stale && paused === undefined ? 'try' : 'space'}</kbd>
      </button>
      <span class="hidden-text" role="status">
        {stale ? 'The connection is lost. Figures are stale.' : ''}
      </span>
    </>
  );
}
