import { expect, it } from 'vitest';
import type { FigureResult } from './figure.ts';
import { figureLine, goalWords, short, unmeasuredLine } from './print.ts';
import { readmeTable, replaceBetweenMarkers } from './readme.ts';

const won: FigureResult = {
  id: 'cache/peek',
  question: 'A synchronous look?',
  metric: 'nsPerOp',
  ours: 'millrace',
  peer: 'map',
  goal: { direction: 'atMost', ratio: 1.6 },
  measured: { ratio: 1.234, ratioLow: 1.2, ratioHigh: 1.3, ours: 12.34, peer: 10, rounds: 15 },
  met: true,
  file: 'micro/cache/peek.bench.ts',
  at: '2026-11-21T04:00:00.000Z',
  commit: 'abc',
  machine: { cpu: 'some cpu', cores: '2', memory: '8 GiB' },
  versions: { node: '24.21.0' },
  sides: {},
};
const lost: FigureResult = { ...won, id: 'cache/other', question: 'Another?', measured: { ...won.measured, ratio: 2 }, met: false };

it('prints id, goal, measured and met in one line', () => {
  expect(figureLine(won)).toBe('cache/peek | ≤ 1.6× | 1.23× [1.2, 1.3] – 12.3 ns (millrace) against 10 ns (map) | yes');
  expect(figureLine(lost)).toContain('| NO');
  expect(unmeasuredLine(won)).toBe('cache/peek | ≤ 1.6× | not measured | NO');
  expect(goalWords({ direction: 'atMost', value: 4 }, 'nsPerOp')).toBe('≤ 4 ns');
  expect(short(123_456)).toBe('123,000');
});

it('puts every figure with a goal into the table and names those that were missed', () => {
  const table = readmeTable([won, lost]);
  expect(table).toContain('| A synchronous look? | 10 ns (map) | 12.3 ns (millrace) | 1.23× [1.2, 1.3] | ≤ 1.6× | `npm run bench -- micro/cache/peek` |');
  expect(table).toContain('Goals missed: Another? 2× (asked: ≤ 1.6×).');
  expect(table).toContain('Measured 2026-11-21 on some cpu, 2 cores, 8 GiB, Node 24.21.0.');
  expect(readmeTable([won])).toContain('Goals missed: none of these.');
});

it('replaces only what stands between the markers', () => {
  const page = 'above\n<!-- figures -->\nold\n<!-- /figures -->\nbelow';
  expect(replaceBetweenMarkers(page, 'new\n')).toBe('above\n<!-- figures -->\n\nnew\n\n<!-- /figures -->\nbelow');
  expect(() => replaceBetweenMarkers('no markers', 'x')).toThrow('README.md has no lines');
});
