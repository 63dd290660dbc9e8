import type { EntityFigures } from '../../figures/index.ts';
import { escapePart, indexOf } from '../../keys/index.ts';
import { SlotIndex } from './slot-index.ts';

/** The keys of one entity in memory. */
export class Family {
  readonly name: string;
  readonly figures: EntityFigures;
  /** Slots by single id, as callers have it: whole numbers as numbers, anything else as text, unescaped. */
  singles: SlotIndex = new SlotIndex();
  /** What the store knows it by. */
  number = 0;
  /** Goes up when all that was stored before is dropped. */
  epoch = 0;
  /** Until then, monotonic ms, what is here is told of what makes it outdated. */
  trustedUntilMs: number = Number.POSITIVE_INFINITY;
  /** Its entries depend on tables. */
  hasTables = false;

  constructor(name: string, figures: EntityFigures) {
    this.name = name;
    this.figures = figures;
  }

  keyOf(id: string | number): string {
    return `${this.name}:${typeof id === 'number' ? id : escapePart(id)}`;
  }

  /** The single id whose key ends in `rest`; undefined where `rest` has several parts, or is not how any id is written. */
  singleIdOf(rest: string): string | number | undefined {
    if (!rest.includes('%')) return rest.includes(':') || rest.includes('*') ? undefined : indexOf(rest);
    const id = rest.replaceAll('%3A', ':').replaceAll('%2A', '*').replaceAll('%25', '%');
    return escapePart(id) === rest ? indexOf(id) : undefined;
  }

  /** Starts anew, and returns what stood before. */
  retire(): Iterator<[string | number, number]> {
    const before = this.singles;
    this.singles = new SlotIndex();
    this.epoch++;
    this.figures.entries -= before.size;
    this.figures.sizeBytes = 0;
    return before[Symbol.iterator]();
  }
}
