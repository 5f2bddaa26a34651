/** @file Small transport problems in plain loops: marginals, ranks against the definition, what guards the tail. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { LOCAL_EPSILON, localRank, localSolver } from './local';
import { ballReference } from './reference';

const reference = (d: number) =>
  ballReference(d, { radii: 16, directions: 16, originCopies: 0 }, { seed: 1 }).points;

function cloud(label: string, count: number, d: number): Float64Array {
  return Float64Array.from(stream(2, label).normal(new Float32Array(count * d)), (value, k) =>
    k % d === 0 ? value ** 3 : value + 4,
  );
}

describe('a local map', () => {
  it.each([1, 2, 6])('sends equally much to every reference point, and rows wholly, d = %i', (d) => {
    const [k, points] = [100, reference(d)];
    const residuals = cloud('marginals', k, d);
    const { offset, scale, bias, iterations, marginalError } = localSolver(points, d)(residuals);
    expect(iterations).toBeLessThan(100);
    expect(marginalError).toBeLessThan(0.01);
    const masses = new Float64Array(256);
    for (let i = 0; i < k; i++) {
      const weights = masses.map((_, j) => {
        let dot = 0;
        for (let c = 0; c < d; c++)
          dot += ((residuals[i * d + c]! - offset[c]!) / scale) * points[j * d + c]!;
        return Math.exp((2 / LOCAL_EPSILON) * dot + bias[j]!);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights.forEach((weight, j) => (masses[j]! += weight / total / k));
    }
    const error = masses.reduce((sum, mass) => sum + Math.abs(mass - 1 / 256), 0);
    expect(error).toBeCloseTo(marginalError, 6);
  });

  it('ranks by the norm of the barycentre, the same wherever residuals lie and however large they are', () => {
    const d = 2;
    const points = reference(d);
    const residuals = cloud('ranks', 80, d);
    const moved = residuals.map((value) => 7 * value - 30);
    const solve = localSolver(points, d);
    const [map, movedMap] = [solve(residuals), solve(moved)];
    const rank = localRank(points, d);
    for (let i = 0; i < 80; i++) {
      const [x, y] = [0, 1].map((c) => (residuals[2 * i + c]! - map.offset[c]!) / map.scale) as [
        number,
        number,
      ];
      const [sum, first, second] = [0, 0, 0].map((_, part) => {
        let total = 0;
        for (let j = 0; j < 256; j++) {
          const weight = Math.exp(
            (2 / LOCAL_EPSILON) * (x * points[2 * j]! + y * points[2 * j + 1]!) + map.bias[j]!,
          );
          total += weight * (part === 0 ? 1 : points[2 * j + part - 1]!);
        }
        return total;
      }) as [number, number, number];
      const expected = Math.hypot(first, second) / sum;
      expect(rank(map, residuals, 2 * i, 0)).toBeCloseTo(expected, 9);
      expect(rank(movedMap, moved, 2 * i, 0)).toBeCloseTo(expected, 9);
    }
  });

  it('grows without end outside the cloud only with a guard', () => {
    const points = reference(3);
    const map = localSolver(points, 3)(cloud('tail', 60, 3));
    const rank = localRank(points, 3);
    const far = (factor: number) => Float64Array.from(map.offset, (value) => value + factor * map.scale);
    expect(rank(map, far(100), 0, 0)).toBeLessThanOrEqual(1.000001);
    expect(rank(map, far(100), 0, 0.1)).toBeCloseTo(
      rank(map, far(100), 0, 0) + 0.1 * (100 * Math.sqrt(3) - 1),
      6,
    );
  });

  it('of residuals that all coincide still has ranks', () => {
    const points = reference(2);
    const map = localSolver(points, 2)(new Float64Array(40).fill(3));
    const rank = localRank(points, 2);
    expect(rank(map, [3, 3], 0, 0.1)).toBeLessThan(0.1);
    expect(rank(map, [9, 3], 0, 0.1)).toBeGreaterThan(0.5);
  });
});
