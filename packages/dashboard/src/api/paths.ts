import type { RangeName } from '../../../millrace/src/monitoring/api/schema.ts';

/** Where the service answers: the dashboard lies one level below its API. */
const root = import.meta.env.BASE_URL.replace(/\/ui\/$/, '');

const part = (text: string): string => encodeURIComponent(text);

/** Every question the dashboard asks. */
export const ask = {
  events: `${root}/events`,
  series: (range: RangeName) => `${root}/series?range=${range}`,
  endpoints: (range: RangeName) => `${root}/endpoints?range=${range}`,
  endpoint: (id: string, range: RangeName) => `${root}/endpoints/${part(id)}?range=${range}`,
  request: (id: string) => `${root}/requests/${part(id)}`,
  alerts: `${root}/alerts`,
  resolve: (id: string) => `${root}/alerts/${part(id)}/resolve`,
  thresholds: `${root}/thresholds`,
  report: `${root}/report`,
  cache: `${root}/cache/stats`,
  database: `${root}/database/stats`,
} as const;
