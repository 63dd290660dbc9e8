import type { CallIdentity, Recorder, System } from '../../kernel/index.ts';

const longestCaller = 200;

/** Who a request is, from its first context to its last. The caller is known only once somebody has authenticated it. */
export class RequestIdentity implements CallIdentity {
  readonly system: System;
  readonly correlationId: string;
  readonly traceId: string;
  /** This server's own part of the trace. */
  readonly spanId: string;
  readonly flags: number;
  readonly recorder: Recorder | undefined;
  #caller: string | undefined = undefined;

  constructor(system: System, correlationId: string, traceId: string, spanId: string, flags: number, recorder: Recorder | undefined) {
    this.system = system;
    this.correlationId = correlationId;
    this.traceId = traceId;
    this.spanId = spanId;
    this.flags = flags;
    this.recorder = recorder;
  }

  get caller(): string | undefined {
    return this.#caller;
  }

  /** Set by the application after authentication. Cut at 200 characters. */
  set caller(name: string | undefined) {
    this.#caller = name?.slice(0, longestCaller);
  }
}
