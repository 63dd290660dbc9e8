import type { Endpoint, EventSink, Lifecycle, StatSource, System } from '../kernel/index.ts';
import type { RequestFigures } from '../telemetry/index.ts';
import type { HttpEvents } from './events.ts';

/** Something that is reachable below a path, whatever framework serves it. */
export interface MountedEndpoint {
  /** Begins with a slash, ends without one: `/performance`. */
  readonly prefix: string;
  readonly endpoint: Endpoint;
}

/** What an adapter brings up. `stop()` drains it with no failed request; it answers as usual until then. */
export type HttpFace = Lifecycle & StatSource;

/** What every adapter needs. */
export interface HttpPorts {
  readonly system: System;
  readonly events: EventSink<HttpEvents>;
  /** Keeps account of every request. Its `slowMs` is the limit of routes that name none of their own. */
  readonly requests: Pick<RequestFigures, 'begin' | 'finish' | 'slowMs'>;
  readonly endpoints: readonly MountedEndpoint[];
  /** After a stop was asked for: how long new requests are still taken, each answer closing its connection. */
  readonly lameDuckMs: number;
  /** Then: longest wait for requests in flight before they are told to stop. */
  readonly graceMs: number;
  /** An adapter reports for duty: its figures are pulled, and it is stopped first. The returned function takes it off again. */
  join(face: HttpFace): () => void;
}

/** The part of `createMillrace()`'s object that adapters use. Nobody imports that object: this shape is all they know of it. */
export interface HttpHost {
  readonly http: HttpPorts;
}
