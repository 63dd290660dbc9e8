/** What a side reports for one round: a number per metric, e.g. `{ nsPerOp: 41, cpuNsPerOp: 40 }` or `{ requestsPerSecond: 9000, p99Ms: 3.1 }`. */
export type Reading = Readonly<Record<string, number>>;

/** A side whose operation is short: the harness finds a count that fills one sample and divides. */
export interface MicroSide {
  /** Does the operation `count` times, in a loop of its own, so that nothing of the harness stands between two of them. Reads `nsPerOp`, `opsPerSecond`, `cpuNsPerOp`. */
  readonly run: (count: number) => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

/** A side that measures itself: a load run, an import, a report. */
export interface LoadSide {
  /** One round, and what was measured in it. */
  readonly round: () => Promise<Reading>;
  readonly close?: () => void | Promise<void>;
}

export type Side = MicroSide | LoadSide;

/** Prepares one side, in a process of its own. Peers are imported inside, so that the list of figures can be read without them. */
export type SideFactory = () => Side | Promise<Side>;

export interface Goal {
  readonly direction: 'atLeast' | 'atMost';
  /** Ours divided by the peer's. */
  readonly ratio?: number;
  /** Ours alone, in the metric's own unit. */
  readonly value?: number;
}

/** One question, one answer. */
export interface Figure {
  /** Permanent: `area/name`. */
  readonly id: string;
  readonly question: string;
  /** The metric of the readings it compares, e.g. `nsPerOp`. */
  readonly metric: string;
  /** Without a goal it is told for comparison only. */
  readonly goal?: Goal;
  readonly ours: string;
  readonly peer: string;
  /** A side whose reading is taken off both before dividing: the bare call that both wrap. */
  readonly baseline?: string;
}

export interface Bench {
  readonly area: string;
  readonly sides: Readonly<Record<string, SideFactory>>;
  readonly figures: readonly Figure[];
  /** Rounds measured, at least 11. @default 15 */
  readonly rounds?: number;
  /** Length of one sample of a `MicroSide`, ms. @default 60 */
  readonly sampleMs?: number;
  /** False for load runs, which place their own processes on cores. @default true */
  readonly pinned?: boolean;
  /** Packages whose versions belong to the result. */
  readonly packages?: readonly string[];
  /** Further versions: a server asked for its own. */
  readonly versions?: () => Promise<Readonly<Record<string, string>>>;
  /** What the reader must know of the setting: sizes, cores, what is switched on. */
  readonly setting?: string;
}

/** One figure of one run, as it is kept. */
export interface FigureResult extends Figure {
  readonly measured: {
    /** Median over the rounds of ours / peer (after the baseline), with its 95 % interval. */
    readonly ratio: number;
    readonly ratioLow: number;
    readonly ratioHigh: number;
    /** Medians of the metric itself. */
    readonly ours: number;
    readonly peer: number;
    readonly baseline?: number;
    readonly rounds: number;
  };
  readonly met: boolean | undefined;
  /** The bench file, below bench/. */
  readonly file: string;
  readonly setting?: string;
  readonly at: string;
  readonly commit: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Medians of every metric of every side of that run: CPU per operation stands here. */
  readonly sides: Readonly<Record<string, Reading>>;
}
