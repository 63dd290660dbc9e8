export { RedisTier, type RedisTierOptions } from './redis-tier.ts';
