import { Histogram } from '../../../packages/millrace/src/telemetry/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';

const size = 4_096;
const mask = size - 1;

/** Durations from 50 µs to 1 s, evenly spread over their magnitudes, always the same ones. */
const micros = Float64Array.from({ length: size }, (_, at) => 50 * 20_000 ** (((at * 2_654_435_761) % 2 ** 32) / 2 ** 32));
const seconds = micros.map((value) => value / 1_000_000);
const whole = micros.map((value) => Math.round(value));

const counted = (before: number, after: number, count: number): void => {
  if (after - before !== count) throw new Error(`${after - before} of ${count} values were counted`);
};

export const bench: Bench = {
  area: 'telemetry',
  setting: 'durations from 50 µs to 1 s, evenly spread over their magnitudes; one series, its labels given once; the bare loop over the values is taken off',
  packages: ['prom-client', 'hdr-histogram-js'],
  sides: {
    millrace: (): MicroSide => {
      const histogram = new Histogram();
      return {
        run(count) {
          const before = histogram.count;
          const values = micros; // a local name: what stands outside of the function is looked up in each turn of the loop
          for (let at = 0; at < count; at++) histogram.record(values[at & mask] as number);
          counted(before, histogram.count, count);
        },
      };
    },
    /** The loop, the values and nothing else. */
    loop: (): MicroSide => ({
      run(count) {
        const values = micros;
        let sum = 0;
        for (let at = 0; at < count; at++) sum += values[at & mask] as number;
        if (!(sum >= count)) throw new Error(`${count} values of 1 at least came to ${sum}`);
      },
    }),
    'prom-client': async (): Promise<MicroSide> => {
      const { Histogram: Peer, Registry } = await import('prom-client');
      const labelNames = ['method', 'route', 'status_code'] as const;
      const peer = new Peer({ name: 'http_request_duration_seconds', help: 'Durations', labelNames, registers: [new Registry()] });
      const series = peer.labels('GET', '/products/:id', '200');
      return {
        run(count) {
          const values = seconds;
          for (let at = 0; at < count; at++) series.observe(values[at & mask] as number);
        },
      };
    },
    'hdr-histogram-js': async (): Promise<MicroSide> => {
      const hdr = await import('hdr-histogram-js');
      const peer = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 2 ** 32 - 1, numberOfSignificantValueDigits: 2 });
      return {
        run(count) {
          const before = peer.totalCount;
          const values = whole;
          for (let at = 0; at < count; at++) peer.recordValue(values[at & mask] as number);
          counted(before, peer.totalCount, count);
        },
      };
    },
  },
  figures: [
    {
      id: 'telemetry/histogram-record',
      question: 'What does it cost to record one duration?',
      metric: 'nsPerOp',
      ours: 'millrace',
      peer: 'prom-client',
      baseline: 'loop',
      goal: { direction: 'atMost', ratio: 1 / 120, value: 4 },
    },
    {
      id: 'telemetry/histogram-record-hdr',
      question: 'And beside another log-linear histogram of the same precision?',
      metric: 'nsPerOp',
      ours: 'millrace',
      peer: 'hdr-histogram-js',
      baseline: 'loop',
    },
  ],
};
