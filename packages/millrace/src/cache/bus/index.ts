export { type BusPorts, type BusStats, type BusTarget, InvalidationBus } from './bus.ts';
export { type PostgresBusConnection, type PostgresBusPorts, postgresTransport } from './postgres-transport.ts';
export { redisTransport } from './redis-transport.ts';
export type { BusTransport } from './transport.ts';
