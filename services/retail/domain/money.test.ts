import { expect, it } from 'vitest';
import { penceOf, pounds } from './money.ts';

it('R1 an amount becomes whole pence without passing through a floating point number', () => {
  expect(['2.55', '2.5', '2', '0.07', '165.00', '1.1500', '0'].map(penceOf)).toEqual([255, 250, 200, 7, 16_500, 115, 0]);
  expect(penceOf('-11062.06')).toBe(-1_106_206);
  for (let pence = 0; pence < 100_000; pence += 7) expect(penceOf((pence / 100).toFixed(2))).toBe(pence);
});

it('R1 parts of a penny and texts that are no amount are refused', () => {
  expect(['0.001', '1,50', '1e3', '', ' 1', '£1', 'NaN', '1.', '.5'].map(penceOf)).toEqual(Array.from({ length: 9 }, () => undefined));
});

it('R1 pence are shown in pounds', () => {
  expect([255, 7, 0, -1250].map(pounds)).toEqual(['£2.55', '£0.07', '£0.00', '-£12.50']);
});
