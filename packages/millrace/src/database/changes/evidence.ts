import { type Clock, sleep } from '../../kernel/index.ts';
import type { Positions } from './positions.ts';

/*
 * A stream that is not silent proves little: the server answers although it is ten seconds behind in reading its own log. So twice a second it is asked, on another
 * connection, how far the log goes; once that place has passed, everything that was committed when the question was asked is known to be applied.
 */

const probeEveryMs = 500;
const mostProbes = 60;

export interface EvidencePorts {
  readonly clock: Clock;
  readonly positions: Positions;
  /** How far the log goes now. */
  endOfLog(): Promise<bigint>;
  /** Asks the source where it is. */
  nudge(): void;
}

export class Evidence {
  readonly #ports: EvidencePorts;
  readonly #probes: { readonly lsn: bigint; readonly askedMs: number }[] = [];
  #sinceMs: number | undefined;

  constructor(ports: EvidencePorts) {
    this.#ports = ports;
  }

  /** Everything committed before that moment, monotonic ms, has been applied. Undefined: not known of any moment. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** Asks until `signal` aborts. Rejects when the server cannot be asked. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    while (!signal.aborted) {
      await this.#probe();
      await sleep(clock, probeEveryMs, signal).catch(() => {});
    }
  }

  /** The place that has passed may have moved. Says whether more is proved than before. */
  look(): boolean {
    const before = this.#sinceMs;
    for (let next = this.#probes[0]; next && this.#ports.positions.passed(next.lsn); next = this.#probes[0]) {
      this.#sinceMs = next.askedMs;
      this.#probes.shift();
    }
    return this.#sinceMs !== before;
  }

  async #probe(): Promise<void> {
    const askedMs = this.#ports.clock.monotonicMs();
    const lsn = await this.#ports.endOfLog();
    this.#probes.push({ lsn, askedMs });
    if (this.#probes.length > mostProbes) this.#probes.splice(1, 1); // the oldest is the one that passes first
    this.#ports.nudge();
  }
}
