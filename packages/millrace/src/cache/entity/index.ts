export { CachedEntity, type Entity } from './entity.ts';
export { type EntityOptions, type RowMapping, resolveEntityOptions } from './options.ts';
