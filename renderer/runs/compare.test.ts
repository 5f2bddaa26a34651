/** @file What a comparison shows of several runs. */
import { expect, test } from 'vitest';
import { runRecord } from '../testing/memory-engine';
import { differingKeys, metricNames, overlay } from './compare';

const runs = [
  runRecord('1', { config: { coupling: 'sinkhorn', steps: 10 }, metrics: { curvature: 0.1 } }),
  runRecord('2', { config: { coupling: 'independent', steps: 10 }, metrics: { curvature: 2, loss: 1 } }),
];

test('only settings that differ, and every metric that one of them has', () => {
  expect(differingKeys(runs)).toEqual(['coupling']);
  expect(metricNames(runs)).toEqual(['curvature', 'loss']);
});

test('curves keep their run’s colour when another run has none', () => {
  const curve = { name: 'loss', steps: Float64Array.of(0), values: Float64Array.of(1) };
  const drawn = overlay(runs, new Map([['2', [curve]]]), 'loss');
  expect(drawn.map(({ id, color }) => [id, color])).toEqual([['2', 'series-2']]);
});
