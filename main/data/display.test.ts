/** @file Display axes: own columns in the plane, principal components above it. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { fitDisplay } from './display';
import type { Matrix } from '../contract/data';

const matrix = (rows: number, columns: number, data: Float32Array): Matrix => ({
  rows,
  columns,
  data,
  names: Array.from({ length: columns }, (_, k) => `c${k}`),
});

/** Points with the given standard deviations along orthonormal axes made by Householder reflection of the unit axes. */
function stretched(rows: number, deviations: readonly number[]) {
  const d = deviations.length;
  const v = Float64Array.from(stream(1, 'reflection').normal(new Float32Array(d)));
  const square = v.reduce((sum, x) => sum + x * x, 0);
  const axis = (j: number) => Array.from(v, (x, k) => (j === k ? 1 : 0) - (2 * v[j]! * x) / square);
  const noise = stream(1, 'points').normal(new Float32Array(rows * d));
  const data = new Float32Array(rows * d);
  deviations.forEach((deviation, j) => {
    const direction = axis(j);
    for (let i = 0; i < rows; i += 1)
      for (let k = 0; k < d; k += 1) data[i * d + k]! += 7 + deviation * noise[i * d + j]! * direction[k]!;
  });
  return { cloud: matrix(rows, d, data), first: axis(0), second: axis(1) };
}

describe('fitDisplay', () => {
  it('shows two columns as they are and one against zero', () => {
    const plane = fitDisplay(matrix(2, 2, Float32Array.of(1, 2, 3, 4)));
    expect(plane.axes).toEqual(['c0', 'c1']);
    expect(plane.explained).toBeNull();
    expect([...plane.project(Float32Array.of(9, 8), 1)]).toEqual([9, 8]);
    const single = fitDisplay(matrix(3, 1, Float32Array.of(1, 2, 3)));
    expect([...single.project(Float32Array.of(5, 6), 2)]).toEqual([5, 0, 6, 0]);
  });

  it.each([
    ['5 dimensions', 5],
    ['200 dimensions', 200],
  ])('finds the two widest directions and their shares in %s', (_, d) => {
    const deviations = Array.from({ length: d }, (__, j) => (j === 0 ? 8 : j === 1 ? 4 : 0.2));
    const { cloud, first, second } = stretched(3_000, deviations);
    const display = fitDisplay(cloud);
    const total = deviations.reduce((sum, s) => sum + s * s, 0);
    expect(Math.abs(display.explained![0] - 64 / total)).toBeLessThan(0.02);
    expect(Math.abs(display.explained![1] - 16 / total)).toBeLessThan(0.02);
    // A step of length 1 along a true axis must move the projection by 1 along that axis.
    const origin = display.project(new Float32Array(d), 1);
    const moved = (axis: number[]) =>
      Array.from(display.project(Float32Array.from(axis), 1), (v, k) => Math.abs(v - origin[k]!));
    expect(moved(first)[0]).toBeCloseTo(1, 2);
    expect(moved(first)[1]).toBeLessThan(0.06);
    expect(moved(second)[1]).toBeCloseTo(1, 2);
  });

  it('centres the data and gives the same axes every time, the largest weight positive', () => {
    const { cloud } = stretched(500, [3, 2, 1, 0.5]);
    const once = fitDisplay(cloud).project(cloud.data, cloud.rows);
    expect(fitDisplay(cloud).project(cloud.data, cloud.rows)).toEqual(once);
    const mean = once.reduce((sum, v) => sum + v, 0) / once.length;
    expect(Math.abs(mean)).toBeLessThan(1e-3);
    const display = fitDisplay(cloud);
    const origin = display.project(new Float32Array(4), 1);
    const weights = Array.from({ length: 4 }, (_, k) => {
      const unit = new Float32Array(4);
      unit[k] = 1;
      return display.project(unit, 1)[0]! - origin[0]!;
    });
    const largest = weights.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    expect(largest).toBeGreaterThan(0);
  });

  it('survives constant data and a single row', () => {
    const constant = fitDisplay(matrix(10, 3, new Float32Array(30).fill(2)));
    expect(constant.explained).toEqual([0, 0]);
    expect([...constant.project(Float32Array.of(2, 2, 2), 1)]).toEqual([0, 0]);
    expect(fitDisplay(matrix(1, 4, Float32Array.of(1, 2, 3, 4))).explained).toEqual([0, 0]);
  });
});
