export { CachedEntity, type Entity } from './entity.ts';
export { type EntityOptions, type EntityWarming, type RowMapping, resolveEntityOptions } from './options.ts';
