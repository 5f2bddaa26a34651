/** @file What a scene infers from its marks: axes, identities, rules through the whole plot, bars with gaps, margins. */
import { expect, it } from 'vitest';
import { frameOf, plotMargin } from './draw';
import { padded, plot } from './plot';
import { sceneLegend } from './legend';
import { sceneSummary, sceneTable } from './table';
import { lightTheme } from './theme';

it('axes hold what the marks hold, with room, and an end that is given wins', () => {
  const scene = plot({
    title: 'Loss',
    x: { label: 'step', domain: [0, null], room: 0 },
    y: { label: 'loss', scale: 'log', room: 0 },
    marks: [
      { kind: 'line', label: 'this run', x: [10, 20], y: [1, 0.01] },
      { kind: 'line', label: 'nothing', x: [], y: [] },
      { kind: 'rule', label: 'floor', y: 0.001 },
      null,
    ],
  });
  expect(scene.x).toEqual({ label: 'step', scale: 'linear', domain: [0, 20] });
  // A log axis always has some room.
  expect(scene.y.domain).toEqual([0.001 / 1.15, 1.15]);
  expect(scene.marks.map(({ id }) => id)).toEqual(['this run', 'nothing', 'floor']);
  expect(scene.marks[2]).toMatchObject({ kind: 'line', x: Float64Array.of(0, 20), stroke: 'solid' });
  expect(sceneSummary(scene)).toContain('this run, 2 values');
});

it('one value has room of its own size, none at all an axis nevertheless', () => {
  expect(padded([4], { room: 0.5 })).toEqual([2, 6]);
  expect(padded([4], { room: 0.5, flat: 1 })).toEqual([3.5, 4.5]);
  expect(padded([])).toEqual([-0.05, 1.05]);
  expect(padded([NaN, -1], { scale: 'log' })).toEqual([0.1 / 1.15, 1.15]);
});

it('shorthands become marks: dots of a line, bars with gaps, intervals, zones', () => {
  const { marks, x, y } = plot({
    title: 'All',
    x: { label: 'x', include: [9], room: 0 },
    y: { label: 'y', room: 0 },
    marks: [
      { kind: 'line', label: 'curve', x: [1, 2], y: [3, 4], dots: 2 },
      { kind: 'bars', label: 'bars', from: [1, 2], width: 0.5, heights: [5, 6] },
      { kind: 'intervals', label: 'error', at: [{ x: 1, low: 2, high: 3 }] },
      { kind: 'zone', label: 'zone', x: [8, 99] },
    ],
  });
  expect([x.domain, y.domain]).toEqual([
    [1, 99],
    [0, 6],
  ]);
  expect(marks.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    'line curve line',
    'points curve',
    'bins bars',
    'segments error',
    'band zone',
  ]);
  expect(marks[2]).toMatchObject({
    edges: Float64Array.of(1, 1.5, 2, 2.5),
    heights: Float64Array.of(5, 0, 6),
  });
  expect(marks[4]).toMatchObject({ x: Float64Array.of(8, 99), high: Float64Array.of(6, 6) });
});

it('more marks than series have colours get one of the categories, and long tick labels a wide margin', () => {
  const scene = plot({
    title: 'Many',
    x: 'x',
    y: 'y',
    marks: Array.from({ length: 7 }, (_, k) => ({
      kind: 'line' as const,
      label: `run ${k}`,
      x: [0, 1],
      y: [0, 1e5],
      category: k,
    })),
  });
  expect(new Set(sceneLegend(scene, lightTheme).map(({ color }) => color)).size).toBe(7);
  expect(sceneTable(scene).rows).toHaveLength(14);
  expect(frameOf(scene, 400, 300).margin.left).toBeGreaterThan(plotMargin.left);
});
