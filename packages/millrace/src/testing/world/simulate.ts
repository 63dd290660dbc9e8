import { type FleetReport, liveFleet, noFaults } from './fleet.ts';
import { type FleetFault, fleetFaults } from './fleet-faults.ts';
import type { FleetParts } from './fleet-world.ts';
import { type PlantedBug, plantedBugs } from './planted.ts';

/** A life in which something was given, or kept, that must not be. */
export interface FailedLife {
  readonly seed: number;
  /** What to type to live it again, step by step. */
  readonly replay: string;
  readonly problems: readonly string[];
}

export interface SimulationReport {
  readonly seeds: { readonly from: number; readonly count: number };
  readonly reads: number;
  /** Reads of an old version, within the bound. */
  readonly oldReads: number;
  /** Reads that began while something was broken. */
  readonly overlappingReads: number;
  readonly declaredStale: number;
  readonly failedReads: number;
  readonly writes: number;
  readonly lateCommits: number;
  readonly refusedFills: number;
  readonly worstMs: number;
  /** How often each kind of fault really happened. */
  readonly faults: Readonly<Record<FleetFault, number>>;
  readonly failed: readonly FailedLife[];
}

const added = ['reads', 'overlapping', 'declaredStale', 'failedReads', 'writes', 'lateCommits', 'refusedFills'] as const;

export interface SimulationOptions {
  /** The first seed. */
  readonly from: number;
  readonly count: number;
  /** Parts of one's own to be judged. @default those of the world */
  readonly parts?: FleetParts | undefined;
  /** Told after each life: how many are done, and what went wrong in this one. */
  readonly onLife?: ((done: number, failed: FailedLife | undefined) => void) | undefined;
}

/** Lives many lives and adds up what was seen. */
export async function simulateFleets({ from, count, parts, onLife = () => {} }: SimulationOptions): Promise<SimulationReport> {
  const sums = { reads: 0, overlapping: 0, declaredStale: 0, failedReads: 0, writes: 0, lateCommits: 0, refusedFills: 0, old: 0, worstMs: 0 };
  const faults = noFaults();
  const failed: FailedLife[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const life = await liveFleet({ seed, parts });
    for (const name of added) sums[name] += life[name];
    for (const kind of fleetFaults) faults[kind] += life.faults[kind];
    sums.old += life.old;
    sums.worstMs = Math.max(sums.worstMs, life.worstMs);
    const problems = problemsOf(life);
    const wrong = problems.length === 0 ? undefined : { seed, replay: `npm run sim -- --from ${seed} --seeds 1 --journal`, problems };
    if (wrong) failed.push(wrong);
    onLife(seed - from + 1, wrong);
  }
  const { old: oldReads, overlapping: overlappingReads, ...rest } = sums;
  return { seeds: { from, count }, ...rest, oldReads, overlappingReads, faults, failed };
}

/** What is wrong with a life, in words; nothing where it is as it must be. */
export function problemsOf({ violations, lateFills }: FleetReport): readonly string[] {
  return [
    ...violations.map(({ reader, key, version, newest, staleMs, startMs, boundMs }) => {
      const bound = boundMs === 0 ? 'though it had written a newer one itself' : `${boundMs} ms are allowed`;
      return `at ${startMs.toFixed(1)} ms ${reader} was given version ${version} of ${key}, outdated for ${staleMs.toFixed(1)} ms (newest ${newest}): ${bound}`;
    }),
    ...lateFills.map(
      ({ key, version, newest }) => `the shared tier took version ${version} of ${key} after it was told to drop it, when ${newest} could be read`,
    ),
  ];
}

export interface FoundBug {
  readonly name: string;
  /** The first seed in which it was found, counted from 1; undefined: it was not. */
  readonly foundAt: number | undefined;
}

/** Looks for each planted bug until it is found. */
export async function findPlantedBugs(mostSeeds: number, bugs: readonly PlantedBug[] = plantedBugs): Promise<readonly FoundBug[]> {
  const found: FoundBug[] = [];
  for (const { name, parts, faults } of bugs) found.push({ name, foundAt: await firstSeed(mostSeeds, (seed) => liveFleet({ seed, parts, faults })) });
  return found;
}

async function firstSeed(mostSeeds: number, live: (seed: number) => Promise<FleetReport>): Promise<number | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed++) if (problemsOf(await live(seed)).length > 0) return seed;
  return undefined;
}
