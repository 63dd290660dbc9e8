import type { Alert, DependencyState } from './api/schema.ts';

/** What monitoring tells. */
export interface MonitoringEvents {
  'monitoring.alert.opened': Alert;
  'monitoring.alert.changed': Alert;
  'monitoring.alert.resolved': Alert;
  'monitoring.dependency.changed': DependencyState;
  /** A source, a check or a listener failed; the figures of that second are missing. */
  'monitoring.look.failed': { readonly part: string; readonly error: unknown };
  /** A reader of the event stream was dropped because it did not keep up. */
  'monitoring.stream.dropped': { readonly waitingBytes: number };
}
