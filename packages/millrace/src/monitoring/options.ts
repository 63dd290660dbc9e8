import { type ByteSize, type Duration, duration, integer, passed, resolveOptions, size, text } from '../kernel/index.ts';
import type { Redactor } from '../telemetry/index.ts';
import type { ThresholdName } from './api/schema.ts';

export interface MonitoringOptions {
  /** Name of the service on the dashboard. @default 'millrace' */
  readonly service?: string | undefined;
  /** Put before every metric name: letters, digits and underscores. @default '' */
  readonly metricsPrefix?: string | undefined;
  /** How often dependencies are checked, 1 s to 1 h. @default '30s' */
  readonly healthCheckInterval?: Duration | undefined;
  /** Longest time of one check, 10 ms to 1 min; past it the dependency counts as down. @default '5s' */
  readonly healthCheckLimit?: Duration | undefined;
  /** Upper steps of the alerts by name, in the unit of the name; `docs/reference/monitoring/alerts.md` lists them. */
  readonly thresholds?: Readonly<Partial<Record<ThresholdName, number | undefined>>> | undefined;
  /** A statement slower than this is slow, 1 ms to 1 h. @default '1s' */
  readonly slowStatement?: Duration | undefined;
  /** Address the service listens on: beyond loopback, what changes state needs a key. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Keys that may change state. @default none */
  readonly apiKeys?: readonly string[] | undefined;
  /** Names the service is reached under, besides loopback. @default none: any name where a key is needed anyway */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Event streams open at once, 1 to 1,000; the next is answered with 503. @default 20 */
  readonly streams?: number | undefined;
  /** What may wait for one reader of the stream, 16 KiB to 16 MiB; past it the reader is dropped. @default '256KiB' */
  readonly streamBuffer?: ByteSize | undefined;
  /** Memory for the past of single endpoints, 1 MiB to 1 GiB; past it they reach less far back. @default '32MiB' */
  readonly memory?: ByteSize | undefined;
  /** Where the built dashboard lies. @default the one that comes with the package */
  readonly dashboardDirectory?: string | undefined;
  /** Takes secrets out of reasons and details; share the one of the logs, which knows the configured secrets. */
  readonly redactor?: Redactor | undefined;
}

const prefix = /^$|^[A-Za-z_][A-Za-z0-9_]*$/;

const rules = {
  service: text('millrace'),
  metricsPrefix: text('', 'letters, digits and underscores', (value) => prefix.test(value)),
  healthCheckInterval: duration('1s', '1h', '30s'),
  healthCheckLimit: duration('10ms', '1m', '5s'),
  thresholds: passed<NonNullable<MonitoringOptions['thresholds']>>(),
  slowStatement: duration('1ms', '1h', '1s'),
  host: text('127.0.0.1'),
  apiKeys: passed<readonly string[]>(),
  allowedHosts: passed<readonly string[]>(),
  streams: integer(1, 1_000, 20),
  streamBuffer: size('16KiB', '16MiB', '256KiB'),
  memory: size('1MiB', '1GiB', '32MiB'),
  dashboardDirectory: text(),
  redactor: passed<Redactor>(),
};

export interface ResolvedMonitoringOptions {
  readonly service: string;
  readonly metricsPrefix: string;
  readonly healthCheckIntervalMs: number;
  readonly healthCheckLimitMs: number;
  readonly thresholds: MonitoringOptions['thresholds'];
  readonly slowStatementMs: number;
  readonly host: string;
  readonly apiKeys: readonly string[] | undefined;
  readonly allowedHosts: readonly string[] | undefined;
  readonly streams: number;
  readonly streamBufferBytes: number;
  readonly memoryBytes: number;
  readonly dashboardDirectory: string | undefined;
  readonly redactor: Redactor | undefined;
}

/** @internal */
export const resolveMonitoringOptions = (given: MonitoringOptions = {}): ResolvedMonitoringOptions => resolveOptions('monitoring', given, rules);
