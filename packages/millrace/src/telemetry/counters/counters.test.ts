import { describe, expect, it } from 'vitest';
import type { Labels, StatSink } from '../../kernel/index.ts';
import { CustomMetrics, counters, gauges, histograms } from './index.ts';

/** Everything that was pulled, as `name{labels} value`. */
function pulled(source: { collect(sink: StatSink): void }): string[] {
  const lines: string[] = [];
  const note = (name: string, _help: string, value: unknown, labels: Labels = {}): void => void lines.push(`${name}${JSON.stringify(labels)} ${value}`);
  source.collect({ counter: note, gauge: note, histogram: (name, help, { count }, _, labels) => note(name, help, count, labels) });
  return lines;
}

describe('counters', () => {
  it('M1 counts a label value that was not declared as other', () => {
    const hits = counters('cache_hits_total', 'Hits', { cache_type: ['memory', 'disk'] });
    hits.of({ cache_type: 'memory' }).add();
    hits.of({ cache_type: 'memory' }).add(2);
    hits.of({ cache_type: "'; drop table" }).add();
    expect(pulled(hits)).toEqual(['cache_hits_total{"cache_type":"memory"} 3', 'cache_hits_total{"cache_type":"other"} 1']);
  });

  it('M1 keeps at most as many different values as the rule says, whatever a client sends', () => {
    const requests = counters('requests_total', 'Requests', { route: 3 });
    for (let user = 0; user < 10_000; user++) requests.of({ route: `/users/${user}` }).add();
    const lines = pulled(requests);
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toBe('requests_total{"route":"other"} 9997');
  });

  it('a counter never goes down', () => {
    const total = counters('things_total', 'Things', {}).of({});
    total.add(5);
    total.add(-3);
    expect(total.value).toBe(5);
  });

  it('gauges go up and down, histograms count', () => {
    const depth = gauges('queue_depth', 'Depth', {});
    depth.of({}).set(5);
    depth.of({}).add(-2);
    const waits = histograms('wait_seconds', 'Waits', { seam: ['queue'] }, [1]);
    waits.of({ seam: 'queue' }).record(1_000);
    expect([...pulled(depth), ...pulled(waits)]).toEqual(['queue_depth{} 3', 'wait_seconds{"seam":"queue"} 1']);
  });

  it('refuses names that Prometheus would refuse', () => {
    for (const name of ['', '1st', 'with space', 'with-dash', 'ünicode'])
      expect(() => counters(name, '', {})).toThrow(expect.objectContaining({ code: 'MILLRACE_METRIC' }));
    for (const label of ['le', '__name__', 'with-dash'])
      expect(() => counters('fine', '', { [label]: 1 })).toThrow(expect.objectContaining({ code: 'MILLRACE_METRIC' }));
  });
});

describe('CustomMetrics', () => {
  it('M1 adds up what ends in _total, spreads what ends in _seconds, and shows the last value of the rest', () => {
    const metrics = new CustomMetrics();
    for (const value of [2, 3]) for (const name of ['orders_total', 'import_seconds', 'queue_length']) metrics.recordMetric(name, value, { shop: 'a' });
    expect(pulled(metrics)).toEqual(['orders_total{"shop":"a"} 5', 'import_seconds{"shop":"a"} 2', 'queue_length{"shop":"a"} 3']);
  });

  it('M1 bounds names, labels and label values, and counts what it drops', () => {
    const metrics = new CustomMetrics();
    for (let one = 0; one < 250; one++) metrics.recordMetric(`metric_${one}`, 1);
    for (let one = 0; one < 80; one++) metrics.recordMetric('metric_1', 1);
    expect(metrics.dropped).toBe(50);
    expect(pulled(metrics)).toHaveLength(201);
    const labelled = new CustomMetrics();
    for (let one = 0; one < 80; one++) labelled.recordMetric('stock', one, { product: `p${one}` });
    expect(pulled(labelled)).toHaveLength(51);
    expect(() => labelled.recordMetric('wide', 1, { a: '', b: '', c: '', d: '', e: '', f: '' })).toThrow('at most 5');
  });

  it('refuses a value that is no number and labels other than the first time', () => {
    const metrics = new CustomMetrics();
    metrics.recordMetric('stock', 1, { shop: 'a' });
    expect(() => metrics.recordMetric('stock', Number.NaN, { shop: 'a' })).toThrow('its value is NaN');
    expect(() => metrics.recordMetric('stock', 1, { city: 'a' })).toThrow('its labels are [shop], not [city]');
  });
});
