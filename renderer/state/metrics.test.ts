/** @file Numbers in a researcher's words: their order, families, references, headlines, and names without words. */
import { describe, expect, it } from 'vitest';
import type { MetricInfo } from '../../main/rpc/contract';
import { runRecord } from '../testing/memory-engine';
import { headlineRows, metricWords, numberRows } from './metrics';

const flow: MetricInfo[] = [
  { name: 'curvature', title: 'curvature', reference: '0 = straight', better: 'lower', headline: true },
  {
    name: 'slicedW2.nfe*',
    title: 'sliced W₂, * NFE',
    help: 'Distance with * evaluations.',
    reference: { word: 'floor', metric: 'slicedW2.floor' },
    headline: true,
  },
  { name: 'slicedW2.floor', title: 'sliced W₂, floor', listed: false },
  { name: 'uvp.nfe*', title: 'L²-UVP, * NFE', column: 'UVP (%), * NFE', unit: '%' },
  { name: 'sharpness', title: 'sharpness E(P)', column: 'E(P)', reference: '0 = one-to-one' },
  { name: 'sinkhorn.iterations', title: 'Sinkhorn iterations', listed: 'above zero' },
  { name: 'likelihood', title: 'likelihood', unit: 'nats' },
];
const members = { otcp: 'OTCP', l2: 'L2 ball' };
const sets: MetricInfo[] = [
  {
    name: 'coverage.*',
    title: 'coverage, *',
    members,
    reference: { word: 'band', metric: 'coverage.low', to: 'coverage.high' },
  },
  { name: 'coverage.low', title: 'low', listed: false },
  { name: 'coverage.high', title: 'high', listed: false },
  { name: 'logVolume.*', title: 'log volume, *', members },
  { name: 'nearest', title: 'nearest', reference: { word: 'chance', value: 0.5 } },
];
const rows = (metrics: Record<string, number>, words: MetricInfo[]) =>
  numberRows(runRecord('a', { metrics }), { metrics: words }).map(({ label, value, reference }) => [
    label,
    value,
    reference,
  ]);

describe('numbers', () => {
  it('are only those there are, each with what to read it against', () => {
    const metrics = { curvature: 0.0079, 'slicedW2.nfe1': 0.076, 'slicedW2.floor': 0.028, sharpness: 0.2 };
    expect(rows(metrics, flow)).toEqual([
      ['curvature', 0.0079, '0 = straight'],
      ['sliced W₂, 1 NFE', 0.076, 'floor 0.028'],
      ['sharpness E(P)', 0.2, '0 = one-to-one'],
    ]);
  });

  it('stand in the order of their declarations, budgets ascending, and unknown ones last', () => {
    const metrics = { other: 1, 'uvp.nfe50': 2, 'uvp.nfe4': 3, 'slicedW2.nfe4': 4, 'sinkhorn.iterations': 0 };
    expect(rows(metrics, flow)).toEqual([
      ['sliced W₂, 4 NFE', 4, undefined],
      ['L²-UVP, 4 NFE', 3, undefined],
      ['L²-UVP, 50 NFE', 2, undefined],
      ['other', 1, undefined],
    ]);
  });

  it('of scores keep the run’s order, and are read against a band or a chance level', () => {
    const metrics = {
      ...{ 'coverage.low': 0.85, 'coverage.high': 0.95, nearest: 0.6 },
      ...{ 'coverage.otcp': 0.9, 'logVolume.otcp': 1, 'coverage.l2': 0.91, 'logVolume.l2': 2 },
    };
    expect(rows(metrics, sets)).toEqual([
      ['coverage, OTCP', 0.9, 'band 0.85–0.95'],
      ['coverage, L2 ball', 0.91, 'band 0.85–0.95'],
      ['log volume, OTCP', 1, undefined],
      ['log volume, L2 ball', 2, undefined],
      ['nearest', 0.6, 'chance 0.5'],
    ]);
  });

  it('have three headlines: the declared ones, or the first where none are', () => {
    const metrics = {
      sharpness: 1,
      curvature: 2,
      'slicedW2.nfe1': 3,
      'slicedW2.nfe4': 4,
      'slicedW2.nfe64': 5,
    };
    const names = (words: MetricInfo[]) =>
      headlineRows(runRecord('a', { metrics }), { metrics: words }).map(({ name }) => name);
    expect(names(flow)).toEqual(['curvature', 'slicedW2.nfe1', 'slicedW2.nfe4']);
    expect(names(sets)).toEqual(['sharpness', 'curvature', 'slicedW2.nfe1']);
  });
});

it('metrics have a researcher’s words, or keep their names', () => {
  const asked = ['slicedW2.nfe4', 'slicedW2.floor', 'uvp.nfe1', 'sharpness', 'likelihood', 'other'];
  expect(asked.map((name) => metricWords(name, { metrics: flow }).column)).toEqual([
    'sliced W₂, 4 NFE',
    'sliced W₂, floor',
    'UVP (%), 1 NFE',
    'E(P)',
    'likelihood (nats)',
    'other',
  ]);
  expect(metricWords('uvp.nfe1', { metrics: flow }).title).toBe('L²-UVP, 1 NFE');
  expect(metricWords('coverage.unheard', { metrics: sets }).title).toBe('coverage, unheard');
  expect(metricWords('coverage.otcp', null).title).toBe('coverage.otcp');
  expect(metricWords('slicedW2.nfe4', { metrics: flow }).help).toBe('Distance with 4 evaluations.');
  expect(metricWords('likelihood', { metrics: flow }).help).toBe('likelihood');
  expect(metricWords('curvature', { metrics: flow }).help).toBe('Lower is better.');
});
