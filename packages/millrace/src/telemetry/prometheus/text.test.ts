import { describe, expect, it } from 'vitest';
import type { StatSink, StatSource } from '../../kernel/index.ts';
import { Histogram } from '../histogram/index.ts';
import { prometheusText } from './index.ts';

interface Sample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** The text format read back by its own grammar (Prometheus, "Exposition formats", version 0.0.4), strict: any other line is an error. */
function parse(text: string): { samples: Sample[]; types: Map<string, string>; helps: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  expect(text === '' || text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment?.[1] === 'TYPE') {
      expect(types.has(comment[2] as string)).toBe(false);
      types.set(comment[2] as string, comment[3] as string);
    } else if (comment) helps.set(comment[2] as string, (comment[3] as string).replaceAll('\\n', '\n').replaceAll('\\\\', '\\'));
    else samples.push(sampleOf(line));
  }
  return { samples, types, helps };
}

function sampleOf(line: string): Sample {
  const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line);
  if (!found) throw new Error(`not a sample: ${line}`);
  const labels = Object.fromEntries(
    [...(found[2] ?? '').matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
      name,
      (value as string).replace(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one)),
    ]),
  );
  return { name: found[1] as string, labels, value: Number((found[3] as string).replace('Inf', 'Infinity')) };
}

const source = (collect: (sink: StatSink) => void): StatSource => ({ name: 'test', collect });

describe('prometheusText', () => {
  it('M1 can be read back, whatever stands in help and labels', () => {
    const strange = 'a"b\\c\nd{e}=,f ü';
    const { samples, types, helps } = parse(
      prometheusText([
        source((sink) => {
          sink.counter('requests_total', `Help with \\ and\na new line`, 3, { route: strange, method: 'GET' });
          sink.gauge('level', 'Level', Number.NEGATIVE_INFINITY);
          sink.gauge('ratio', 'Ratio', Number.NaN);
        }),
      ]),
    );
    expect(samples[0]).toEqual({ name: 'requests_total', labels: { route: strange, method: 'GET' }, value: 3 });
    expect(samples.slice(1).map(({ value }) => value)).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
    expect([...types]).toEqual([
      ['requests_total', 'counter'],
      ['level', 'gauge'],
      ['ratio', 'gauge'],
    ]);
    expect(helps.get('requests_total')).toBe('Help with \\ and\na new line');
  });

  it('M1 buckets of a histogram only rise, end with +Inf, and agree with its count', () => {
    const histogram = new Histogram();
    for (const ms of [0.9, 3, 40, 700, 90_000]) histogram.record(ms * 1000);
    const bounds = [0.001, 0.005, 0.05, 1, 10];
    const { samples } = parse(prometheusText([source((sink) => sink.histogram('wait_seconds', 'Wait', histogram.inSeconds(), bounds, { seam: 'queue' }))]));
    const buckets = samples.filter(({ name }) => name === 'wait_seconds_bucket');
    expect(buckets.map(({ labels, value }) => [labels['le'], value])).toEqual([
      ['0.001', 1],
      ['0.005', 2],
      ['0.05', 3],
      ['1', 4],
      ['10', 4],
      ['+Inf', 5],
    ]);
    expect(samples.at(-2)).toEqual({ name: 'wait_seconds_sum', labels: { seam: 'queue' }, value: 90.7439 });
    expect(samples.at(-1)).toEqual({ name: 'wait_seconds_count', labels: { seam: 'queue' }, value: 5 });
  });

  it('M1 puts the prefix before every name', () => {
    const { samples } = parse(prometheusText([source((sink) => sink.counter('http_requests_total', 'Requests', 1))], 'chainsync_'));
    expect(samples.map(({ name }) => name)).toEqual(['chainsync_http_requests_total']);
  });

  it('M1 one bad metric does not cost the whole scrape: it is left out', () => {
    const { samples } = parse(
      prometheusText([
        source((sink) => {
          sink.counter('fine_total', 'Fine', 1);
          sink.counter('fine_total', 'The same series again', 2);
          sink.gauge('fine_total', 'The same name, another kind', 3, { a: 'b' });
          sink.gauge('not fine', 'A name with a space', 4);
          sink.gauge('labelled', 'A label of their own', 5, { __name__: 'x' });
        }),
      ]),
    );
    expect(samples).toEqual([{ name: 'fine_total', labels: {}, value: 1 }]);
  });

  it('says nothing when there is nothing', () => {
    expect(prometheusText([])).toBe('');
  });
});
