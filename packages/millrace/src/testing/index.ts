export { type Canary, CanaryScan, type Leak } from './canary.ts';
export type { ContractRunner } from './contracts/runner.ts';
export { type TierUnderTest, testTier } from './contracts/tier.ts';
export { HangingCall, RecordedEvents } from './doubles.ts';
export { type FailAtNOptions, type FailAtNReport, FaultInjector, type FaultKind, failAtN, faultKinds, InjectedFault } from './fail-at-n.ts';
export { FailingTier } from './faults/failing-tier.ts';
export { FaultProxy, type FaultProxyCounts, startFaultProxy } from './proxy/index.ts';
export { settle, TestClock } from './test-clock.ts';
export { contextFor, countingIds, seededRandom, type TestSystem, testSystem } from './test-system.ts';
export {
  type JudgedRead,
  type NetworkCounts,
  type NetworkFaults,
  StalenessChecker,
  type StalenessReport,
  type StaleRead,
  sees,
  type VisibleListener,
  type WorldChange,
  WorldClock,
  type WorldCommit,
  WorldLink,
  WorldNetwork,
  type WorldRow,
  type WorldSnapshot,
  WorldStore,
  type WorldStoreOptions,
} from './world/index.ts';
