import type { Random } from '../../kernel/index.ts';
import type { FleetMember } from './fleet-member.ts';
import type { FleetWorld } from './fleet-world.ts';
import { WorldFeed } from './world-feed.ts';
import type { WorldProcess } from './world-process.ts';

export const fleetFaults = [
  'bus cut',
  'bus half cut',
  'bus loses messages',
  'messages late',
  'process stopped',
  'process killed',
  'database cut',
  'loads slow',
  'feed lost',
  'feed silent',
  'feed handed over',
  'tier cut',
  'tier out of reach',
  'tier frozen',
  'tier restarted',
  'tier evicts',
  'disk frozen',
  'disk torn',
  'wall clock set',
] as const;

export type FleetFault = (typeof fleetFaults)[number];

/** What a fault needs to be done to a fleet. */
export interface FaultyFleet {
  readonly world: FleetWorld;
  readonly random: Random;
  readonly members: readonly FleetMember[];
  /** A process that works. */
  pick(): FleetMember | undefined;
  kill(member: FleetMember): void;
  /** Stops in order, and another one begins. */
  restart(member: FleetMember): void;
}

/** Brings a fault about, and answers how to end it; undefined where there was nothing to break. */
type Break = (fleet: FaultyFleet) => (() => void) | undefined;

const nothing = (): void => {};

const onMember =
  (work: (member: FleetMember, fleet: FaultyFleet) => () => void): Break =>
  (fleet) => {
    const member = fleet.pick();
    return member && work(member, fleet);
  };

const freeze = (machine: WorldProcess): (() => void) => {
  machine.freeze();
  return () => machine.thaw();
};

const pickDisk = ({ world, random }: FaultyFleet): number => Math.floor(random.next() * world.disks.length);

const cutBus = (direction: 'up' | 'down' | 'both', { bus }: FleetMember): (() => void) => {
  bus.cut(direction);
  return () => bus.heal();
};

export const breaks: Readonly<Record<FleetFault, Break>> = {
  'bus cut': onMember((member) => cutBus('both', member)),
  'bus half cut': onMember((member, { random }) => cutBus(random.next() < 0.5 ? 'up' : 'down', member)),
  'bus loses messages': onMember(({ bus }, { random }) => {
    bus.lossRatio = 0.1 + random.next() * 0.8;
    return () => {
      bus.lossRatio = 0;
    };
  }),
  'messages late': onMember(({ bus, feed }, { random }) => {
    const ms = 20 + random.next() ** 2 * 2000;
    const mend = feed.delay(ms);
    bus.delay(ms);
    return () => {
      mend();
      bus.delay(0);
    };
  }),
  'process stopped': onMember(({ process }) => freeze(process)),
  'process killed': onMember((member, fleet) => {
    fleet.kill(member);
    return nothing;
  }),
  'database cut': onMember(({ database, process }, { world }) => {
    database.cut();
    world.postgres.endSessionsOf(process);
    return () => database.heal();
  }),
  'loads slow': onMember((member, { random }) => {
    member.slowLoadsMs = 50 + random.next() * 3000;
    return () => {
      member.slowLoadsMs = 0;
    };
  }),
  'feed lost': onMember(({ feed }) => {
    feed.crash();
    return nothing;
  }),
  'feed silent': onMember(({ feed }) => {
    feed.silence();
    return nothing;
  }),
  'feed handed over': onMember((member, fleet) => {
    // Whoever stops in order hands over, in the product; a feed of the world changes its stream.
    if (member.feed instanceof WorldFeed) member.feed.handOver().catch(nothing);
    else fleet.restart(member);
    return nothing;
  }),
  'tier cut': onMember(({ shared }) => {
    shared.cut();
    return () => shared.heal();
  }),
  'tier out of reach': ({ members }) => {
    const connections = members.map(({ shared }) => shared);
    for (const connection of connections) connection.cut();
    return () => {
      for (const connection of connections) connection.heal();
    };
  },
  'tier frozen': ({ world }) => freeze(world.sharedMachine),
  'tier restarted': ({ world, random }) => {
    // A server that comes back rarely does so once.
    for (const ms of [0, 300, 600, 1000]) world.clock.after(random.next() * ms, () => world.shared.forget());
    return nothing;
  },
  'tier evicts': ({ world, random }) => {
    world.shared.evict(0.2 + random.next() * 0.8, random);
    return nothing;
  },
  'disk frozen': (fleet) => (fleet.world.shape.hasDisk ? freeze(fleet.world.diskMachines[pickDisk(fleet)] as WorldProcess) : undefined),
  'disk torn': (fleet) => {
    if (!fleet.world.shape.hasDisk) return undefined;
    fleet.world.disks[pickDisk(fleet)]?.forget();
    return nothing;
  },
  'wall clock set': onMember(({ process }, { random }) => {
    process.jumpWall((random.next() - 0.5) * 7_200_000);
    return nothing;
  }),
};
