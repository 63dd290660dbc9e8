export { type JudgedRead, StalenessChecker, type StalenessReport, type StaleRead } from './staleness.ts';
export { WorldClock } from './world-clock.ts';
export { type NetworkCounts, type NetworkFaults, WorldLink, WorldNetwork } from './world-network.ts';
export {
  sees,
  type VisibleListener,
  type WorldChange,
  type WorldCommit,
  type WorldRow,
  type WorldSnapshot,
  WorldStore,
  type WorldStoreOptions,
} from './world-store.ts';
