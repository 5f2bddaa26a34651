/** @file The three numbers over the settings of Steer. */
import { expect, test } from 'vitest';
import type { SteerFlowPoint, SteerFlowSweep } from '../../../main/rpc/contract';
import { flowRows, textRows } from './headline';

const banded = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });
const point = (arm: 'fitted' | 'random', lambda: number, target: number): SteerFlowPoint => ({
  ...{ arm, lambda, images: 64, shares: Float64Array.of(1 - target, target), frechet: NaN },
  ...{ source: banded(1 - target), target: banded(target), turned: banded(target) },
  ...{ confidence: banded(0.9), nearest: banded(1), moved: banded(0.1 * lambda) },
});
const sweep = {
  ...{ classes: ['3', '8'], from: 0, to: 1 },
  points: [point('fitted', 0, 0.15), point('fitted', 1, 0.27), point('random', 1, 0.99)],
} as SteerFlowSweep;

test('a flow tells the share of its target at the nearest swept strength, and never of random maps', () => {
  expect(flowRows(sweep, 0.9)).toEqual([
    { name: 'share of 8 at λ 1.00', beside: 'λ 0: 15 % · Δ +12', value: '27', unit: '%' },
    { name: 'judge’s confidence', beside: 'λ 0: 90 %', value: '90', unit: '%' },
    { name: 'moved', beside: 'from the image at λ 0, rms of black to white', value: '0.10' },
  ]);
  expect(flowRows(null, 1).map(({ value }) => value)).toEqual(['–', '–', '–']);
});

test('before its sweep a language model has dashes, and says what comes', () => {
  const rows = textRows({ sweep: null, strength: null, overview: null, lambda: 1 });
  expect(rows.map(({ value }) => value)).toEqual(['–', '–', '–']);
  expect(rows[2]!.beside).toBe('not calibrated yet');
});
