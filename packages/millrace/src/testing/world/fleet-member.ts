import { type BusTransport, type Cache, createCache, type Entity, type Tier } from '../../cache/index.ts';
import { countingIds } from '../test-system.ts';
import type { FleetWorld } from './fleet-world.ts';
import { ProductFeed } from './product-feed.ts';
import type { WorldBusWay } from './world-bus.ts';
import { WorldConnection } from './world-connection.ts';
import type { WorldFeed } from './world-feed.ts';
import { WorldProcess } from './world-process.ts';
import type { WorldRow } from './world-store.ts';
import { WorldSharedTier, WorldTier } from './world-tier.ts';

/** A row as the loader of the fleet gives it. */
export interface ItemRow {
  readonly id: string;
  readonly version: number;
  readonly group: string;
}

/** What is known about all rows of a group, under the version of the newest change that touched it. */
export interface GroupRow {
  readonly id: string;
  readonly version: number;
}

export const table = 'items';
/** Beside each group stands a row of its own, written in the same transaction, that counts its changes: what the judge compares with. */
export const groupKey = (group: string): string => `@${group}`;
export const isItem = (key: string): boolean => !key.startsWith('@');
export const groupTag = (group: string): string => `group:${group}`;

/** Some loads are slow without any fault: they began before much that happens meanwhile. */
const slowLoadRatio = 0.05;
const slowLoadMs = 300;

/** One process of the fleet: a real cache, with its bus, tiers, entities and feed, on the world's clock and network. */
export class FleetMember {
  readonly process: WorldProcess;
  readonly cache: Cache;
  readonly items: Entity<string, ItemRow>;
  readonly groups: Entity<string, GroupRow>;
  readonly feed: WorldFeed | ProductFeed;
  readonly #watched: { tables: string[]; marks: string[] } = { tables: [], marks: [] };
  readonly bus: WorldBusWay;
  readonly shared: WorldConnection;
  readonly database: WorldConnection;
  readonly host: number;
  /** Loads take so much longer at most, ms. */
  slowLoadsMs = 0;
  isReady = false;
  readonly #world: FleetWorld;

  constructor(world: FleetWorld, name: string, host: number) {
    this.#world = world;
    this.host = host;
    const { network, random, parts } = world;
    const ids = countingIds();
    const Process = parts.process ?? WorldProcess;
    this.process = new Process(name, world.clock, random, { next: () => `${name}-${ids.next()}`, hex: (bytes) => world.ids.hex(bytes) });
    this.bus = world.bus.join(this.process);
    this.shared = new WorldConnection(network, this.process, world.sharedMachine);
    this.database = new WorldConnection(network, this.process, world.databaseMachine);
    const transport: BusTransport = parts.bus?.(this.bus, this.process) ?? this.bus;
    this.cache = createCache(
      { freeze: false, memory: { maxEntries: world.shape.memoryEntries } },
      {
        system: this.process.system,
        bus: world.shape.hasBus ? transport : undefined,
        tiers: this.#tiers(),
        onTables: (tables, marks) => {
          this.#watched.tables.push(...tables);
          this.#watched.marks.push(...marks);
        },
      },
    );
    this.items = this.#declareItems();
    this.groups = this.#declareGroups();
    this.feed = this.#makeFeed();
  }

  async start(): Promise<void> {
    await this.cache.start();
    this.feed.start();
    this.isReady = true;
  }

  async stop(): Promise<void> {
    await this.feed.stop();
    await this.cache.stop();
  }

  kill(): void {
    this.isReady = false;
    this.process.kill();
    this.#world.postgres.endSessionsOf(this.process);
    this.#world.bus.leave(this.bus);
  }

  #tiers(): readonly Tier[] {
    const { parts, disks, shared, fast, diskMachines, shape } = this.#world;
    const wrap = (tier: Tier): Tier => parts.tier?.(tier, this.process) ?? tier;
    const [disk, machine] = [disks[this.host], diskMachines[this.host]];
    const tiers: Tier[] = [wrap(new WorldSharedTier('shared', shared, this.shared))];
    if (shape.hasDisk && disk && machine) tiers.unshift(wrap(new WorldTier('disk', disk, new WorldConnection(fast, this.process, machine))));
    return tiers;
  }

  #declareItems(): Entity<string, ItemRow> {
    const { store } = this.#world;
    const load = (ids: readonly string[]): Promise<ItemRow[]> =>
      this.#load(() => {
        const snapshot = store.snapshot();
        const rows = ids.map((id) => store.read(id, snapshot)).filter(({ version }) => version > 0);
        return rows.map(({ key, version, group }) => ({ id: key, version, group }));
      });
    return this.cache.entity(table, load, {
      key: (row) => row.id,
      ttl: '1h',
      tags: (row) => [groupTag(row.group)],
      tables: { [table]: (row: WorldRow) => row.key },
    });
  }

  #declareGroups(): Entity<string, GroupRow> {
    const { store } = this.#world;
    const load = (ids: readonly string[]): Promise<GroupRow[]> =>
      this.#load(() => {
        const snapshot = store.snapshot();
        return ids.map((id) => ({ id, version: store.read(groupKey(id), snapshot).version }));
      });
    return this.cache.entity('groups', load, {
      key: (row) => row.id,
      ttl: '1h',
      staleIfError: '1h',
      tables: { [table]: (row: WorldRow) => (row.group === '' ? undefined : row.group) },
    });
  }

  /** Reads at the server, answers after a while. */
  #load<Row>(read: () => Row[]): Promise<Row[]> {
    const { clock, random } = this.#world;
    return this.database.ask(() => {
      const rows = read();
      const mostMs = random.next() < slowLoadRatio ? slowLoadMs : this.slowLoadsMs;
      return mostMs === 0 ? rows : new Promise<Row[]>((resolve) => clock.after(random.next() * mostMs, () => resolve(rows)));
    });
  }

  #makeFeed(): WorldFeed | ProductFeed {
    const { parts, network, random, store, postgres } = this.#world;
    const { process, database, cache } = this;
    if (!parts.feed) return new ProductFeed({ process, postgres, database, cache, ...this.#watched });
    const ports = { process, network, random, store, database, table, isRow: isItem };
    return new parts.feed({ ...ports, apply: (change) => cache.invalidate(change), vouch: (ms) => cache.tables.trustUntil(ms) });
  }
}
