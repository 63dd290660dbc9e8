import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;

/** The command that runs `command` on one core only, where the machine can do that; else the command itself. */
export const pinned = (core: number, command: string, args: readonly string[]): [command: string, args: string[]] =>
  hasTaskset ? ['taskset', ['-c', String(core % availableParallelism()), command, ...args]] : [command, [...args]];

/** The core that short measurements run on: the last one, as the first usually serves interrupts. */
export const quietCore = availableParallelism() - 1;

/** How it is said in a result. */
export const pinning = hasTaskset ? 'taskset' : 'none';
