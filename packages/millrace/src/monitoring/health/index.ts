export { type HealthOptions, HealthRegistry } from './health.ts';
