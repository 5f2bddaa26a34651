/** @file What a graph looks like without a browser: colours, paths, the exported picture, the camera, the walk. */
import { expect, test } from 'vitest';
import { sequentialColor } from '../../figures/palette';
import { surfaceSvg } from '../../figures/svg';
import { lightTheme } from '../../figures/theme';
import { forgetProfile, modelCalls } from '../testing/memory-models';
import { bringInto, firstLook, fit, inSight, zoom } from './camera';
import {
  arrow,
  drawModel,
  edgePath,
  familyOf,
  fitted,
  heatOf,
  labelPlace,
  timeInside,
  timeText,
} from './draw';
import { walk } from './walk';

test('times are told in a unit that fits, and shares in percent', () => {
  expect(timeText(1.234, 0.5)).toBe('1.23 ms · 50 %');
  expect(timeText(0.0123, null)).toBe('12.3 µs');
  expect(timeText(0.5, 0.00001)).toBe('0.5 ms · < 0.1 %');
  expect(timeText(null, null)).toBe('');
  expect(timeInside(1.234, 0.5, 200)).toBe('1.23 ms · 50 %');
  expect(timeInside(1.234, 0.5, 70)).toBe('1.23 ms');
});

test('heat runs over the scale, always with readable ink', () => {
  expect(heatOf(null, 5)).toBeNull();
  expect(heatOf(0, 5)).toEqual({ fill: sequentialColor(0), ink: '#ffffff' });
  expect(heatOf(5, 5)).toEqual({ fill: sequentialColor(1), ink: '#000000' });
});

test('operators fall into families; a node with a body is control flow', () => {
  expect(['Gemm', 'Exp', 'ReduceMean', 'Reshape', 'Nonsense'].map((op) => familyOf(op))).toEqual([
    'matrix products',
    'elementwise',
    'reductions',
    'moves data',
    'other',
  ]);
  expect(familyOf('Loop', [1])).toBe('control flow');
});

test('edges are smooth, end at their box, and keep labels out of frame titles', () => {
  expect(edgePath({ points: [0, 0, 0, 10] })).toBe('M0 0L0 10');
  expect(edgePath({ points: [0, 0, 5, 5, 0, 10] })).toBe('M0 0Q5 5 0 10');
  expect(arrow({ points: [0, 0, 0, 10] })).toBe('M0 10L-3.5 3L3.5 3Z');
  const frame = {
    ...{ id: 'b/f', path: 'f', title: 'f', nodes: 2, parent: null, milliseconds: null, share: null },
    ...{ x: 0, y: 100, width: 100, height: 100 },
  };
  const points = [0, 0, 0, 60, 0, 120];
  expect(labelPlace({ points }, [])).toEqual([0, 60]);
  expect(labelPlace({ points }, [frame])).toEqual([0, 36]);
});

test('text is shortened to its box', () => {
  expect(fitted('timeFeatures', 200, 7)).toBe('timeFeatures');
  expect(fitted('timeFeatures', 50, 7)).toBe('timeFe…');
});

test('the exported picture holds every box, edge and title, with times once there are some', async () => {
  forgetProfile();
  const cold = await modelCalls.viewModel('', { graph: 0, open: ['layer'] });
  const svg = (view: typeof cold, hot: boolean) =>
    surfaceSvg('net', view.width, view.height, (surface) =>
      drawModel(surface, view, 'net <1>', lightTheme, hot),
    );
  const text = svg(cold, false);
  for (const { title } of cold.items) expect(text).toContain(`>${title}<`);
  expect(text).toContain('net &lt;1&gt;');
  expect(text.match(/batch×2/g)).toHaveLength(cold.edges.length);
  await modelCalls.profileModel('', { sizes: {}, runs: 1, optimisation: 'basic' });
  const hot = await modelCalls.viewModel('', { graph: 0, open: [] });
  expect(svg(hot, true)).toContain('2 ms · 50 %');
  expect(svg(hot, true)).toContain(sequentialColor(1));
});

test('the first look is readable; zooming keeps the point under the pointer', () => {
  const room = { width: 800, height: 600 };
  expect(firstLook({ width: 400, height: 300 }, room)).toEqual({ x: 200, y: 150, scale: 1 });
  expect(firstLook({ width: 400, height: 5000 }, room)).toEqual({ x: 200, y: 0, scale: 1 });
  expect(firstLook({ width: 9000, height: 5000 }, room).scale).toBe(0.7);
  expect(fit({ width: 9000, height: 5000 }, room).scale).toBeCloseTo(800 / 9000);
  const near = zoom({ x: 10, y: 20, scale: 1 }, [110, 220], 2);
  expect([110 - near.x, 220 - near.y]).toEqual([200, 400]);
  const moved = bringInto({ x: 0, y: 0, scale: 1 }, { x: 1000, y: 100, width: 100, height: 40 }, room);
  expect(moved).toEqual({ x: 800 - 74 - 1000, y: 0, scale: 1 });
  const lost = inSight({ x: 5000, y: -9000, scale: 0.5 }, { width: 400, height: 300 }, room);
  expect(lost).toEqual({ x: 720, y: 80 - 150, scale: 0.5 });
});

test('the arrow keys follow edges first, then what is nearest', async () => {
  forgetProfile();
  const view = await modelCalls.viewModel('', { graph: 0, open: [] });
  expect(walk(view, null, 'ArrowDown')).toBe('input/x');
  expect(walk(view, 'input/x', 'ArrowDown')).toBe('b/layer');
  expect(walk(view, 'n2', 'ArrowUp')).toBe('b/layer');
  expect(walk(view, 'output/y', 'ArrowDown')).toBeNull();
  expect(walk(view, 'n2', 'ArrowLeft')).toBeNull();
});
