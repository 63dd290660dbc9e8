import type { EndpointRequest, EndpointResponse } from '../../kernel/index.ts';
import type { RequestFigures } from '../../telemetry/index.ts';
import { prometheusMediaType } from '../../telemetry/index.ts';
import type { AlertBook } from '../alerts/index.ts';
import type { EndpointDetail, EndpointList, RangeName, Thresholds } from '../api/schema.ts';
import type { Board } from '../board.ts';
import { PerformanceRequestError } from '../errors.ts';
import { endpointsOf, oneEndpoint, seriesOf, windowOf } from '../figures/index.ts';
import type { HealthRegistry } from '../health/index.ts';
import type { StaticFiles } from '../static/index.ts';
import type { EventStream } from '../stream/index.ts';
import type { ThresholdBook } from '../thresholds/index.ts';
import { ranges } from '../windows/index.ts';
import { eventStream, json, text } from './answers.ts';
import type { Route } from './router.ts';

export interface RouteParts {
  readonly board: Board;
  readonly requests: RequestFigures;
  readonly alerts: AlertBook;
  readonly thresholds: ThresholdBook;
  readonly health: HealthRegistry;
  readonly stream: EventStream;
  readonly files: StaticFiles;
  readonly prometheus: () => string;
  readonly onThresholds: (thresholds: Thresholds) => void;
}

const dashboard = '/performance/ui/';

/** The paths below `/performance`, as `api/schema.ts` lists them. */
export function performanceRoutes(parts: RouteParts): Route[] {
  return [...figureRoutes(parts), ...partRoutes(parts), ...changeRoutes(parts), ...pageRoutes(parts)];
}

function figureRoutes({ board, requests, prometheus }: RouteParts): Route[] {
  const prometheusAnswer = (): EndpointResponse => text(prometheus(), prometheusMediaType);
  return [
    get('metrics', (request) => (wantsText(request) ? prometheusAnswer() : json(board.metrics(rangeOf(request, '1m'))))),
    get('metrics/text', prometheusAnswer),
    get('series', (request) => json(seriesOf(board.store, ranges[rangeOf(request, '15m')], endpointParameter(request, requests)))),
    get('endpoints', (request) => json(endpointList(board, requests, rangeOf(request, '15m')))),
    get('endpoints/:id', (request, id) => json(endpointDetail(board, requests, rangeOf(request, '15m'), id))),
    get('requests/:id', (_, id) => json(orNotFound(board.sample(id), 'That request was not kept, or is past its keeping time.'))),
    get('report', (request) => json(board.report(rangeOf(request, '15m')))),
  ];
}

function partRoutes({ board, alerts, thresholds, health, stream }: RouteParts): Route[] {
  return [
    get('cache', () => json(board.cacheStats())),
    get('cache/stats', () => json(board.cacheStats())),
    get('database', () => json(board.databaseStats())),
    get('database/stats', () => json(board.databaseStats())),
    get('resilience', () => json(board.resilience())),
    get('alerts', () => json(alerts.list())),
    get('thresholds', () => json(thresholds.read())),
    get('health', () => json(health.detail())),
    get('health/live', () => json(health.live())),
    get('health/ready', () => json(health.ready(), health.ready().ready ? 200 : 503)),
    get('events', ({ headers, query }) => {
      const last = headers['last-event-id'];
      return eventStream(stream.open((typeof last === 'string' ? last : query.get('lastEventId')) ?? undefined));
    }),
  ];
}

function changeRoutes({ alerts, thresholds, onThresholds }: RouteParts): Route[] {
  return [
    { method: 'POST', path: 'alerts/:id/resolve', handle: (_, id) => json(alerts.resolve(id)) },
    {
      method: 'PUT',
      path: 'thresholds',
      handle: ({ body }) => {
        const changed = thresholds.change(body);
        onThresholds(changed);
        return json(changed);
      },
    },
  ];
}

function pageRoutes({ files }: RouteParts): Route[] {
  const toDashboard = (): EndpointResponse => ({ status: 307, headers: { location: dashboard } });
  return [get('', toDashboard), get('ui', toDashboard), get('ui/*', (request, path) => files.answer(path, request))];
}

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle });

function endpointList(board: Board, requests: RequestFigures, range: RangeName): EndpointList {
  return { window: windowOf(board.store, ranges[range]), endpoints: endpointsOf(board.store, requests, ranges[range]) };
}

function endpointDetail(board: Board, requests: RequestFigures, name: RangeName, id: string): EndpointDetail {
  const counted = orNotFound(requests.endpoint(id), 'No endpoint with that id had a request.');
  const range = ranges[name];
  return {
    window: windowOf(board.store, range),
    endpoint: oneEndpoint(board.store, counted, range),
    series: seriesOf(board.store, range, id),
    samples: board.samplesOf(id),
  };
}

function endpointParameter({ query }: EndpointRequest, requests: RequestFigures): string | undefined {
  const id = query.get('endpoint');
  return id === null ? undefined : orNotFound(requests.endpoint(id), 'No endpoint with that id had a request.').id;
}

function orNotFound<Value>(value: Value | undefined, words: string): Value {
  if (value === undefined) throw new PerformanceRequestError('MILLRACE_PERFORMANCE_NOT_FOUND', words);
  return value;
}

function rangeOf({ query }: EndpointRequest, fallback: RangeName): RangeName {
  const given = query.get('range') ?? fallback;
  if (Object.hasOwn(ranges, given)) return given as RangeName;
  const message = `must be one of ${Object.keys(ranges).join(', ')}`;
  throw new PerformanceRequestError('MILLRACE_PERFORMANCE_INPUT', '1 field is wrong.', [{ field: 'range', in: 'query', message }]);
}

const textTypes = new Set(['text/plain', 'application/openmetrics-text']);

/** Text where the client names it and likes it better than JSON; a wildcard alone, or nothing, gets JSON. */
export function wantsText({ headers }: Pick<EndpointRequest, 'headers'>): boolean {
  let [asText, asJson] = [0, 0];
  for (const part of String(headers['accept'] ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const quality = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    if (textTypes.has(type)) asText = Math.max(asText, quality);
    if (type === 'application/json') asJson = Math.max(asJson, quality);
  }
  return asText > asJson;
}
