export { isDeeperThan } from './depth.ts';
export { headProblem } from './head.ts';
export { type ReadLimits, type RequestLimits, resolveLimits } from './options.ts';
