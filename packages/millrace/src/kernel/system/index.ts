import type { System } from '../ports.ts';
import { systemClock } from './clock.ts';
import { systemIds, systemRandom } from './ids.ts';

/** The machine's own. The one place where time, chance and ids come from. */
export const system: System = { clock: systemClock, random: systemRandom, ids: systemIds };
export { currentContext, enterContext, runInContext } from './scope.ts';
