import { type Duration, duration, integer, resolveOptions } from '../../kernel/index.ts';

export interface RequestFiguresOptions {
  /** A request that takes longer is slow: it is kept and may be logged. 1 ms to 1 h. A route may say otherwise. @default '2s' */
  readonly slow?: Duration | undefined;
  /** How long kept requests can be looked at, 1 min to 24 h. @default '15m' */
  readonly keepSamples?: Duration | undefined;
  /** Pairs of method and route that have figures of their own, 1 to 2,000; the rest counts as `other`. Each holds 27 kB per status it answers with. @default 300 */
  readonly endpoints?: number | undefined;
}

const rules = {
  slow: duration('1ms', '1h', '2s'),
  keepSamples: duration('1m', '24h', '15m'),
  endpoints: integer(1, 2_000, 300),
};

export interface ResolvedRequestFiguresOptions {
  readonly slowMs: number;
  readonly keepSamplesMs: number;
  readonly endpoints: number;
}

/** @internal */
export const resolveRequestFiguresOptions = (given: RequestFiguresOptions = {}): ResolvedRequestFiguresOptions =>
  resolveOptions('telemetry.requests', given, rules);
