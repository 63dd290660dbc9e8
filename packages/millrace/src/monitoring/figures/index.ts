export { cacheStatsOf, cacheSummaryOf, databaseStatsOf, databaseSummaryOf, hitsOf, missesOf, poolUsedOf, processOf } from './parts.ts';
export { endpointsOf, figuresOf, oneEndpoint, overallOf, windowOf } from './requests.ts';
export { ratio, rounded } from './round.ts';
export { heatEdgesMs, newestPoint, seriesOf } from './series.ts';
