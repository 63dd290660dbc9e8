import { type Clock, MillraceError } from '../kernel/index.ts';

/** The five ways a port call goes wrong (SQLite tests its allocator and its I/O the same way: fail call 1, call 2, … until the run is clean). */
export const faultKinds = ['error', 'hang', 'late success', 'success reported as error', 'crash'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What an injected failure looks like to the code under test. */
export class InjectedFault extends MillraceError {
  override readonly name = 'InjectedFault';
  readonly code = 'MILLRACE_INJECTED_FAULT';
  readonly callNumber: number;
  constructor(port: string, callNumber: number, kind: FaultKind) {
    super(`injected: call ${callNumber} (${port}) ends as "${kind}"`);
    this.callNumber = callNumber;
  }
}

/** Counts the port calls of one run and lets the n-th of them go wrong. */
export class FaultInjector {
  readonly #failingCall: number;
  readonly #kind: FaultKind;
  readonly #clock: Clock;
  readonly #lateMs: number;
  #calls = 0;
  #hasFired = false;

  constructor(failingCall: number, kind: FaultKind, clock: Clock, lateMs: number) {
    this.#failingCall = failingCall;
    this.#kind = kind;
    this.#clock = clock;
    this.#lateMs = lateMs;
  }

  get kind(): FaultKind {
    return this.#kind;
  }

  get calls(): number {
    return this.#calls;
  }

  get hasFired(): boolean {
    return this.#hasFired;
  }

  /** Passes a port call through, or lets it go wrong when its turn has come. After a crash every later call fails. */
  async call<Out>(port: string, work: () => Promise<Out>): Promise<Out> {
    const number = ++this.#calls;
    if (number < this.#failingCall || (number > this.#failingCall && this.#kind !== 'crash')) return work();
    this.#hasFired = true;
    const fault = new InjectedFault(port, number, this.#kind);
    if (this.#kind === 'hang') return new Promise<never>(() => {});
    if (this.#kind === 'error' || this.#kind === 'crash') throw fault;
    const answer = await work();
    if (this.#kind === 'success reported as error') throw fault;
    await new Promise<void>((resolve) => this.#clock.after(this.#lateMs, resolve));
    return answer;
  }
}

export interface FailAtNOptions {
  /** Makes the clock of one run. */
  readonly clock: () => Clock;
  /** How late a late success is. @default 60_000 */
  readonly lateMs?: number | undefined;
  /** A scenario with more port calls than this is taken for a loop. @default 200 */
  readonly mostCalls?: number | undefined;
}

/** What really happened: a claim of "0 of N" counts only beside it. */
export interface FailAtNReport {
  readonly runs: number;
  readonly fired: Readonly<Record<FaultKind, number>>;
}

/**
 * Runs `scenario` again and again: its first, second, third … port call fails, in each of the five ways, until a run needs fewer calls than that.
 * The scenario builds its subject anew, routes its ports through `faults.call`, asserts its own invariants, and checks that nothing is left behind.
 */
export async function failAtN(scenario: (faults: FaultInjector, clock: Clock) => Promise<void>, options: FailAtNOptions): Promise<FailAtNReport> {
  const { lateMs = 60_000, mostCalls = 200 } = options;
  const fired = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  let runs = 0;
  for (const kind of faultKinds) {
    for (let failingCall = 1; ; failingCall++) {
      if (failingCall > mostCalls) throw new Error(`more than ${mostCalls} port calls: the scenario loops under "${kind}"`);
      const clock = options.clock();
      const faults = new FaultInjector(failingCall, kind, clock, lateMs);
      await explain(scenario(faults, clock), kind, failingCall);
      runs++;
      if (!faults.hasFired) break;
      fired[kind]++;
    }
    if (fired[kind] === 0) throw new Error(`no fault of kind "${kind}" fired: the scenario makes no port call`);
  }
  return { runs, fired };
}

async function explain(run: Promise<void>, kind: FaultKind, failingCall: number): Promise<void> {
  try {
    await run;
  } catch (error) {
    throw new Error(`with call ${failingCall} as "${kind}": ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
