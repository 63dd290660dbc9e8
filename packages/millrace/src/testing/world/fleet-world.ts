import type { BusTransport, Tier } from '../../cache/index.ts';
import type { Clock, Ids, Random } from '../../kernel/index.ts';
import { countingIds, seededRandom } from '../test-system.ts';
import { WorldBus } from './world-bus.ts';
import { WorldClock } from './world-clock.ts';
import type { WorldFeed, WorldFeedPorts } from './world-feed.ts';
import { WorldNetwork } from './world-network.ts';
import { WorldPostgres } from './world-postgres.ts';
import { WorldProcess } from './world-process.ts';
import { WorldStore } from './world-store.ts';
import { WorldTierServer } from './world-tier.ts';

/** Parts of a fleet that can be exchanged: for one's own, to have it judged, or for one with a planted mistake, to judge the judge. */
export interface FleetParts {
  /** The channel as a process is given it. */
  readonly bus?: ((transport: BusTransport, process: WorldProcess) => BusTransport) | undefined;
  /** A tier below memory as a process is given it. */
  readonly tier?: ((tier: Tier, process: WorldProcess) => Tier) | undefined;
  /** What stands behind the shared tier and behind each disk. */
  readonly tierServer?: (new (clock: Clock) => WorldTierServer) | undefined;
  /** Instead of the product's own, which one process of the fleet follows for all. */
  readonly feed?: (new (ports: WorldFeedPorts) => WorldFeed) | undefined;
  /** The clock as a process reads it when it compares. */
  readonly process?: typeof WorldProcess | undefined;
}

/** What a fleet consists of. */
export interface FleetShape {
  readonly processes: number;
  readonly hasDisk: boolean;
  readonly hasBus: boolean;
  /** Entries that memory has room for: the fewer, the more is asked of the tiers below. */
  readonly memoryEntries: number;
}

export const hosts = 2;

/** What all processes of a fleet share: time, chance, the networks, the store, the channel, the tiers. */
export class FleetWorld {
  readonly clock: WorldClock = new WorldClock();
  readonly random: Random;
  /** Of one world no two are the same. */
  readonly ids: Ids = countingIds();
  readonly network: WorldNetwork;
  /** From a process to the disk of its host. */
  readonly fast: WorldNetwork;
  readonly store: WorldStore;
  readonly bus: WorldBus;
  readonly shared: WorldTierServer;
  readonly disks: readonly WorldTierServer[];
  readonly shape: FleetShape;
  readonly sharedMachine: WorldProcess;
  readonly databaseMachine: WorldProcess;
  readonly diskMachines: readonly WorldProcess[];
  readonly parts: FleetParts;
  readonly postgres: WorldPostgres;

  constructor(seed: number, parts: FleetParts, shape: FleetShape) {
    const { clock } = this;
    const random = seededRandom(seed);
    this.random = random;
    this.parts = parts;
    this.shape = shape;
    this.network = new WorldNetwork(clock, random, { usualMs: 2, slowRatio: 0.01, slowMs: 40 });
    this.fast = new WorldNetwork(clock, random, { usualMs: 0.5, slowRatio: 0.005, slowMs: 20 });
    this.store = new WorldStore(clock, random, { visibleWithinMs: 10 });
    this.bus = new WorldBus(this.network, random);
    const Server = parts.tierServer ?? WorldTierServer;
    const machine = (name: string): WorldProcess => new WorldProcess(name, clock, random, countingIds());
    this.shared = new Server(clock);
    this.disks = Array.from({ length: hosts }, () => new Server(clock));
    this.sharedMachine = machine('the shared tier');
    this.databaseMachine = machine('the database');
    this.postgres = new WorldPostgres(this.databaseMachine, this.network, this.store, { table: 'items', isRow: (key) => !key.startsWith('@') });
    this.diskMachines = this.disks.map((_disk, host) => machine(`the disk of host ${host}`));
  }
}
