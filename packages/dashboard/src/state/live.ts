import { computed, signal } from '@preact/signals';
import type {
  Alert,
  CacheSummary,
  DatabaseSummary,
  EndpointFigures,
  Figures,
  HealthDetail,
  LimitReading,
  Point,
  ProcessFigures,
  ResilienceStats,
  Snapshot,
  Thresholds,
  Tick,
} from '../../../millrace/src/monitoring/api/schema.ts';
import { get } from '../api/get.ts';
import { ask } from '../api/paths.ts';
import { readEvents } from './event-source.ts';
import { type LiveStatus, liveStream } from './live-stream.ts';

/** The slices of the live picture, a signal each: a card renders again only when its own slice changed. `undefined` means not yet known. */
export const service = signal<{ readonly name: string; readonly startedAtMs: number } | undefined>(undefined);
export const overall = signal<Figures | undefined>(undefined);
export const inFlight = signal<number | undefined>(undefined);
export const endpoints = signal<readonly EndpointFigures[] | undefined>(undefined);
export const process = signal<ProcessFigures | undefined>(undefined);
/** `null`: this service has none. */
export const cache = signal<CacheSummary | null | undefined>(undefined);
export const database = signal<DatabaseSummary | null | undefined>(undefined);
export const limits = signal<readonly LimitReading[] | undefined>(undefined);
export const alerts = signal<readonly Alert[] | undefined>(undefined);
/** A single request slower than this is called slow. */
export const slowRequestMs = signal<number | undefined>(undefined);
export const health = signal<HealthDetail | undefined>(undefined);
export const resilience = signal<ResilienceStats | undefined>(undefined);
/** The newest second, for charts that grow by one point a second. */
export const newestPoint = signal<Point | undefined>(undefined);
/** Counts up when events may have been missed, so that charts ask for their history again. */
export const history = signal(0);
/** Wall time of the picture's newest event; the page's own clock counts on between events. */
export const nowMs = signal(Date.now());

export const status = signal<LiveStatus>({ state: 'connecting', lastEventAtMs: undefined, nextTryAtMs: undefined });
/** Since when the display stands still, wall time in ms. */
export const pausedAtMs = signal<number | undefined>(undefined);
/** The service said goodbye: it stops. */
export const leaving = signal(false);

export const openAlerts = computed(() => alerts.value?.length ?? 0);
export const endpointNames = computed(() => (endpoints.value ?? []).map(({ id, method, route }) => ({ id, name: `${method} ${route}` })));
/** Are the figures older than they look? */
export const isStale = computed(() => status.value.state === 'stale' || status.value.state === 'resting');

const totalSeconds = ({ busySeconds }: Figures): number => Object.values(busySeconds).reduce((sum, one) => sum + one, 0);
const byTime = (list: Iterable<EndpointFigures>): readonly EndpointFigures[] => [...list].sort((a, b) => totalSeconds(b) - totalSeconds(a));

function takeSnapshot(snapshot: Snapshot): void {
  const { metrics } = snapshot;
  service.value = { name: metrics.service, startedAtMs: metrics.startedAtMs };
  overall.value = metrics.overall;
  inFlight.value = metrics.inFlight;
  endpoints.value = byTime(metrics.endpoints);
  process.value = metrics.process;
  cache.value = metrics.cache;
  database.value = metrics.database;
  limits.value = metrics.limits;
  alerts.value = snapshot.alerts.filter((alert) => alert.state === 'open');
  health.value = snapshot.health;
  resilience.value = snapshot.resilience;
  nowMs.value = metrics.atMs;
  history.value += 1;
  void askForLimits();
}

/** Limits change seldom: they are asked for with each whole picture and after a change. */
export async function askForLimits(): Promise<void> {
  const answer = await get<Thresholds>(ask.thresholds);
  if (answer.ok) slowRequestMs.value = answer.value.slowRequestMs;
}

function takeEndpoints({ endpoints: changed, goneEndpoints }: Tick): void {
  if (!changed?.length && !goneEndpoints?.length) return;
  const rows = new Map((endpoints.value ?? []).map((row) => [row.id, row]));
  for (const id of goneEndpoints ?? []) rows.delete(id);
  for (const row of changed ?? []) rows.set(row.id, row);
  endpoints.value = byTime(rows.values());
}

function takeTick(tick: Tick): void {
  nowMs.value = tick.atMs;
  if (tick.overall !== undefined) overall.value = tick.overall;
  if (tick.inFlight !== undefined) inFlight.value = tick.inFlight;
  if (tick.process !== undefined) process.value = tick.process;
  if (tick.cache !== undefined) cache.value = tick.cache;
  if (tick.database !== undefined) database.value = tick.database;
  if (tick.limits !== undefined) limits.value = tick.limits;
  if (tick.alerts !== undefined) alerts.value = tick.alerts.filter((alert) => alert.state === 'open');
  if (tick.health !== undefined) health.value = tick.health;
  if (tick.resilience !== undefined) resilience.value = tick.resilience;
  if (tick.point !== undefined) newestPoint.value = tick.point;
  takeEndpoints(tick);
}

function takeAlert(alert: Alert): void {
  const others = (alerts.value ?? []).filter((one) => one.id !== alert.id);
  alerts.value = alert.state === 'open' ? [alert, ...others] : others;
}

/** The slow half of an event: drawing. It waits for a frame, so that several events that come together cost one. */
let waiting: (() => void)[] = [];
function draw(task: () => void): void {
  waiting.push(task);
  if (waiting.length > 1) return;
  requestAnimationFrame(() => {
    const tasks = waiting;
    waiting = [];
    for (const one of tasks) one();
  });
}

/** While the display stands still this many events are remembered; after more, going on asks for the whole picture. */
const mostRemembered = 300;
let remembered: (() => void)[] = [];
let forgot = false;

function take(name: string, data: string): void {
  const event: unknown = JSON.parse(data);
  const apply = {
    snapshot: () => takeSnapshot(event as Snapshot),
    tick: () => takeTick(event as Tick),
    alert: () => takeAlert(event as Alert),
    bye: () => (leaving.value = true),
  }[name];
  if (!apply) return;
  if (name !== 'bye') leaving.value = false;
  if (pausedAtMs.value === undefined) draw(apply);
  else if (remembered.length < mostRemembered) remembered.push(apply);
  else forgot = true;
}

const stream = liveStream(
  {
    open: readEvents(ask.events),
    nowMs: () => Date.now(),
    random: () => Math.random(),
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  },
  take,
  (next) => {
    status.value = next;
  },
);

export function startLive(): void {
  stream.start();
  addEventListener('visibilitychange', () => stream.visible(document.visibilityState === 'visible'));
  addEventListener('online', () => stream.retryNow());
}

export const retryNow = (): void => stream.retryNow();

/** Stops and starts the display; collection goes on in the service. Going on jumps to now. */
export function togglePause(): void {
  if (pausedAtMs.value === undefined) {
    pausedAtMs.value = Date.now();
    return;
  }
  const missed = remembered;
  remembered = [];
  pausedAtMs.value = undefined;
  if (forgot) stream.restart();
  else for (const apply of missed) apply();
  forgot = false;
  history.value += 1;
}
