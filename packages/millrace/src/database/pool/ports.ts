import type { EventSink, System } from '../../kernel/index.ts';
import type { Driver } from '../driver/index.ts';
import type { DatabaseEvents } from '../events.ts';

/** What a pool works with. */
export interface PoolPorts {
  readonly driver: Driver;
  readonly system: System;
  readonly events: EventSink<DatabaseEvents>;
}
