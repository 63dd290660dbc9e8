export { EngineTableTrust, type TableTrust, type TableTrustStats } from './trust.ts';
