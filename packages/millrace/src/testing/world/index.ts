export { type FleetOptions, type FleetReport, fleetBoundMs, liveFleet } from './fleet.ts';
export { type FleetFault, fleetFaults } from './fleet-faults.ts';
export type { FleetMember, GroupRow, ItemRow } from './fleet-member.ts';
export type { FleetParts, FleetShape, FleetWorld } from './fleet-world.ts';
export type { LateFill } from './late-fills.ts';
export { type LeaseLife, type LeaseLifeOptions, liveLeases } from './leases.ts';
export { type PlantedBug, plantedBugs, ServerThatLooksFirst } from './planted.ts';
export type { ProductFeed, ProductFeedPorts } from './product-feed.ts';
export { type FailedLife, type FoundBug, findPlantedBugs, problemsOf, type SimulationOptions, type SimulationReport, simulateFleets } from './simulate.ts';
export { type JudgedRead, StalenessChecker, type StalenessReport, type StaleRead } from './staleness.ts';
export { WorldBus, WorldBusWay } from './world-bus.ts';
export { WorldClock } from './world-clock.ts';
export { WorldConnection, WorldConnectionError } from './world-connection.ts';
export { type WorldChangedRows, WorldFeed, type WorldFeedPorts, WorldStream } from './world-feed.ts';
export { type NetworkCounts, type NetworkFaults, WorldLink, WorldNetwork } from './world-network.ts';
export { WorldPostgres, type WorldPostgresOptions } from './world-postgres.ts';
export { WorldProcess } from './world-process.ts';
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
export { WorldSharedTier, WorldTier, type WorldTierOptions, WorldTierServer, type WorldTierWatch } from './world-tier.ts';
