/** @file How numbers are written. */
import { expect, test } from 'vitest';
import { ago, bytes, clock, number, plural, span, spread } from './format';

test.each([
  [60000, '60,000'],
  [0.0079123, '0.00791'],
  [1.389, '1.39'],
  [-2.5, '−2.5'],
  [0.000031, '3.1e-5'],
  [0, '0'],
  [Infinity, '∞'],
  [NaN, 'not a number'],
])('%d is written %s', (value, text) => expect(number(value)).toBe(text));

test.each([
  [20.2, 0.18, '20.20 ± 0.18'],
  [0.391, 0.00104, '0.3910 ± 0.0010'],
  [-3, 0.25, '−3.00 ± 0.25'],
  [1234.5, 12, '1,235 ± 12'],
  [1, 0, '1 ± 0'],
  [2, NaN, '2 ± not a number'],
])('the mean %d with deviation %d is written %s', (mean, deviation, text) =>
  expect(spread(mean, deviation)).toBe(text),
);

test('sizes, spans and clocks', () => {
  expect(bytes(3_210_000)).toBe('3.21 MB');
  expect(bytes(12)).toBe('12 B');
  expect(clock(41)).toBe('0:41');
  expect(clock(3723)).toBe('1:02:03');
  expect(span(0.42)).toBe('0.4 s');
  expect(span(185)).toBe('3 min 5 s');
  expect(ago(0, 5000)).toBe('5 s ago');
  expect(plural(1, 'run')).toBe('1 run');
  expect(plural(1200, 'run')).toBe('1,200 runs');
});
