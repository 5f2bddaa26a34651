/** @file Drawing a plot elsewhere moves all of it, and nothing else changes. */
import { expect, it } from 'vitest';
import { plot } from './plot';
import { drawScene, plotMargin } from './draw';
import { shifted } from './shifted';
import { surfaceSvg } from './svg';
import { lightTheme } from './theme';

it('moves every stroke of a scene by the same way', () => {
  const scene = plot({
    title: 'Two lines',
    x: 'x',
    y: 'y',
    marks: [
      { kind: 'line', label: 'line', x: [0, 1], y: [0, 1], dots: 3 },
      { kind: 'zone', label: 'zone', x: [0, 0.5] },
      { kind: 'polygons', label: 'box', rings: [Float32Array.of(0, 0, 1, 0, 1, 1)], fill: 1 },
    ],
  });
  const frame = { width: 200, height: 120, margin: { ...plotMargin } };
  const numbers = (text: string) => (text.match(/(?<=[ ",])-?\d+(\.\d+)?(?=[ ",])/g) ?? []).map(Number);
  const drawn = (by: readonly [number, number]) =>
    surfaceSvg('Two lines', 400, 300, (surface) =>
      drawScene(shifted(surface, ...by), scene, frame, lightTheme, { background: true }),
    );
  const [still, moved] = [numbers(drawn([0, 0])), numbers(drawn([30, 50]))];
  expect(moved).toHaveLength(still.length);
  const ways = new Set(moved.map((value, at) => Math.round(value - still[at]!)));
  expect([...ways].sort((a, b) => a - b)).toEqual([0, 30, 50]);
});
