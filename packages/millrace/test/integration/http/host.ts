import type { HttpEvents, HttpFace, HttpHost, HttpPorts } from '../../../src/http/fastify/index.ts';
import { system } from '../../../src/kernel/index.ts';
import { EventHub, RequestFigures } from '../../../src/telemetry/index.ts';

export interface TestHost extends HttpHost {
  readonly events: EventHub<HttpEvents>;
  readonly seen: [keyof HttpEvents, HttpEvents[keyof HttpEvents]][];
  readonly figures: RequestFigures;
  readonly faces: HttpFace[];
}

/** A host as `createMillrace()` gives one, made of the real parts without a database. */
export function testHost(ports: Partial<HttpPorts> = {}): TestHost {
  const events = new EventHub<HttpEvents>();
  const figures = new RequestFigures(system);
  const seen: TestHost['seen'] = [];
  events.onAny((name, event) => seen.push([name, event]));
  const faces: HttpFace[] = [];
  const join = (face: HttpFace): (() => void) => {
    faces.push(face);
    return () => void faces.splice(faces.indexOf(face), 1);
  };
  return { events, seen, figures, faces, http: { system, events, requests: figures, endpoints: [], lameDuckMs: 0, graceMs: 5000, join, ...ports } };
}
