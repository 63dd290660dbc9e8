import type { Seam } from '../kernel/index.ts';

interface RequestNamed {
  readonly method: string;
  /** The route's template, `other` where no route was found. */
  readonly route: string;
  readonly correlationId: string;
}

/** What the HTTP side tells. */
export interface HttpEvents {
  /** A request took longer than its route allows; where the time went stands beside. */
  'http.request.slowed': RequestNamed & {
    readonly traceId: string;
    /** 499 when the client left before the answer. */
    readonly status: number;
    readonly durationMs: number;
    readonly limitMs: number;
    /** Ms per seam; they add up to `durationMs`. `own` is what is left: Node cannot tell whose processor time it was. */
    readonly spentMs: Readonly<Record<Seam, number>>;
  };
  /** A request failed in a way nobody foresaw; the client got a 5xx with the id and nothing else. */
  'http.request.failed': RequestNamed & {
    readonly status: number;
    readonly error: string;
    readonly code: string | undefined;
    readonly message: string;
    readonly stack: string | undefined;
  };
  /** The deadline of a request passed before its answer was there. */
  'http.request.expired': RequestNamed & { readonly limitMs: number };
  /** The stop has begun: from here on every answer closes its connection. */
  'http.stop.begun': { readonly inFlight: number; readonly lameDuckMs: number; readonly graceMs: number };
  /** Nothing is in flight any more. `cancelled` requests ran past the grace period and were told to stop. */
  'http.stop.finished': { readonly durationMs: number; readonly cancelled: number };
}
