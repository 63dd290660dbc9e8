export { type CachedResult, QueryCache, type QueryCacheOptions, queryEntity, type RunStatement, type Statement, tagOfTable } from './queries.ts';
