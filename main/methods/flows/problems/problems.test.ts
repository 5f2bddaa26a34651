/** @file The benchmarks' maps are optimal: gradients of convex potentials, the same for the same seed. */
import { describe, expect, it } from 'vitest';
import { evaluate, float32, gradient, reduceSum, stream, trace } from '../../../../native-models';
import { convexMap, convexTrunk } from './convex';
import { problemOf, type ProblemConfig } from './index';
import { piecewiseAffine } from './piecewise-affine';

const settings: ProblemConfig = {
  problem: 'piecewise-affine',
  dimension: 6,
  pieces: 4,
  problemRows: 256,
  problemSeed: 0,
};
const normal = (count: number, dimension: number, label = 'points') =>
  stream(1, label).normal(new Float32Array(count * dimension));

describe.each(['piecewise-affine', 'convex'] as const)('%s', (problem) => {
  const made = problemOf({ ...settings, problem })!;

  it('is monotone: ⟨T(x) − T(y), x − y⟩ ≥ ‖x − y‖², as ½‖x‖² is part of its potential', () => {
    const d = settings.dimension;
    const [x, y] = [normal(200, d), normal(200, d, 'others')];
    const [left, right] = [made.map(x), made.map(y)];
    for (let row = 0; row < 200; row++) {
      let [inner, squared] = [0, 0];
      for (let k = row * d; k < (row + 1) * d; k++) {
        inner += (left[k]! - right[k]!) * (x[k]! - y[k]!);
        squared += (x[k]! - y[k]!) ** 2;
      }
      expect(inner).toBeGreaterThanOrEqual(squared * (1 - 1e-5));
    }
  });

  it('moves points, and gives the same map and points for the same seed only', () => {
    const x = normal(20, settings.dimension);
    const moved = made.map(x);
    expect(Math.hypot(...moved.map((value, k) => value - x[k]!))).toBeGreaterThan(5);
    const again = problemOf({ ...settings, problem })!;
    expect([...again.map(x)]).toEqual([...moved]);
    expect([...again.matrix.data]).toEqual([...made.matrix.data]);
    const other = problemOf({ ...settings, problem, problemSeed: 1 })!;
    expect([...other.map(x)]).not.toEqual([...moved]);
  });

  it('stands for a data set of finite rows', () => {
    expect(made.matrix).toMatchObject({ rows: 256, columns: 6 });
    expect(made.matrix.data.every(Number.isFinite)).toBe(true);
  });
});

describe('the piecewise affine map', () => {
  it('is the gradient of its potential, away from the seams', () => {
    const d = 5;
    const { map, potential, pieceOf } = piecewiseAffine(d, 3, 4);
    const x = normal(30, d);
    const step = 1e-2;
    const moved = map(x);
    let compared = 0;
    for (let k = 0; k < x.length; k++) {
      const row = Math.floor(k / d);
      const point = x.slice(row * d, (row + 1) * d);
      const shifted = (by: number) => point.map((value, column) => value + (column === k % d ? by : 0));
      const [up, down] = [shifted(step), shifted(-step)];
      if (pieceOf(up)[0] !== pieceOf(down)[0]) continue;
      compared++;
      const slope = (potential(up)[0]! - potential(down)[0]!) / (up[k % d]! - down[k % d]!);
      expect(slope).toBeCloseTo(moved[k]!, 3);
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('has several pieces that rule somewhere', () => {
    const { pieceOf } = piecewiseAffine(16, 4, 0);
    expect(new Set(pieceOf(normal(2000, 16))).size).toBeGreaterThan(1);
  });
});

it('the convex map’s slope is what automatic differentiation of its network gives', () => {
  const d = 5;
  const trunk = convexTrunk(d);
  const weights = Object.fromEntries(
    Object.entries(trunk.initialise(3)).map(([name, data]) => [
      name,
      { data, shape: trunk.parameters[name]!.shape as readonly number[] },
    ]),
  );
  const graph = trace('slope', { ...trunk.parameters, x: float32(40, d) }, ({ x, ...parameters }) => ({
    slope: gradient(reduceSum(trunk.apply(parameters, x!)), [x!])[0]!,
  }));
  const x = normal(40, d);
  const expected = evaluate(graph, { ...weights, x: { data: x, shape: [40, d] } }).slope!.data;
  const slopes = convexMap(d, 3).slopes(x);
  slopes.forEach((slope, k) => expect(slope).toBeCloseTo(expected[k]!, 5));
});

it('data is no problem', () => {
  expect(problemOf({ ...settings, problem: 'data' })).toBeNull();
});
