/** @file What lies under the pointer and inside a box, and zooming around it. */
import { describe, expect, it } from 'vitest';
import { histogramScene } from '../../figures/bins';
import { frame, twoPoints as scene } from '../../figures/testing';
import { fitViewport, panViewport, project, zoomViewport } from '../../figures/viewport';
import { boxPolygon, pickInside, pickPoint, shareUnder } from './pick';

describe('the pointer', () => {
  const at = project(fitViewport(scene, frame), frame, 'linear', 'linear');

  it('finds the nearest point within reach and answers its data set row', () => {
    const pixel: [number, number] = [at.x(8) + 3, at.y(8)];
    expect(pickPoint(scene, at, pixel, 10)?.row).toBe(9);
    expect(pickPoint(scene, at, pixel, 2)).toBeNull();
  });

  it('selects what lies inside a box', () => {
    expect(pickInside(scene, at, boxPolygon([at.x(0), at.y(0)], [at.x(5), at.y(5)]))).toEqual([5]);
    expect(pickInside(scene, at, [[0, 0]])).toEqual([]);
  });

  it('zooms around itself and drags the picture along', () => {
    const view = fitViewport(scene, frame);
    const pixel: [number, number] = [150, 20];
    const zoomed = zoomViewport(view, frame, pixel, 2);
    const after = project(zoomed, frame, 'linear', 'linear');
    expect(after.x(at.invertX(150))).toBeCloseTo(150);
    expect(after.y(at.invertY(20))).toBeCloseTo(20);
    const panned = project(panViewport(view, frame, 30, -10), frame, 'linear', 'linear');
    expect(panned.x(2) - at.x(2)).toBeCloseTo(30);
    expect(panned.y(2) - at.y(2)).toBeCloseTo(-10);
  });

  it('stops zooming before single precision falls apart', () => {
    let view = fitViewport({ ...scene, x: { ...scene.x, domain: [1e6, 1e6 + 1] } }, frame);
    for (let i = 0; i < 100; i++) view = zoomViewport(view, frame, [100, 50], 2);
    expect(view.x[1] - view.x[0]).toBeGreaterThan(1);
  });
});

describe('a histogram under the pointer', () => {
  const made = histogramScene({
    title: 'Curvature',
    subtitle: '',
    xLabel: 'curvature',
    yLabel: 'paths',
    bins: 2,
    series: [{ id: 'a', label: 'this run', values: [0, 0, 0, 1], color: 'series-1', outline: false }],
  });

  it('says the bin and the share in it, and nothing beside the bins', () => {
    expect(shareUnder(made, 0.1)).toBe('−0.02 to 0.5 · this run 75 %');
    expect(shareUnder(made, 5)).toBe('');
    expect(shareUnder({ ...made, marks: [...made.marks, ...scene.marks] }, 0.1)).toBe('');
  });
});
