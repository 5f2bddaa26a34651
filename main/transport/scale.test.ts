/** @file The closed formula for the deviation of the cost against the whole table (gate G12). */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { centre } from '../numerics/points';
import { costDeviation, squaredCostDeviation } from './scale';

function bruteForce(x: Float32Array, y: Float32Array, d: number, squared = false): number {
  const costs: number[] = [];
  for (let i = 0; i < x.length; i += d)
    for (let j = 0; j < y.length; j += d) {
      let dot = 0;
      let distance = 0;
      for (let k = 0; k < d; k++) {
        dot += x[i + k]! * y[j + k]!;
        distance += (x[i + k]! - y[j + k]!) ** 2 / 2;
      }
      costs.push(squared ? distance : -dot);
    }
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  return Math.sqrt(costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / costs.length);
}

describe('G12: the deviation of the cost', () => {
  it.each([1, 2, 7])('agrees with the deviation over all pairs, d = %i, clouds off the origin', (d) => {
    const x = stream(0, 'x')
      .normal(new Float32Array(60 * d))
      .map((value) => value + 3);
    const y = stream(0, 'y')
      .normal(new Float32Array(45 * d))
      .map((value, k) => value * (1 + (k % d)) - 1);
    expect(costDeviation(x, y, d)).toBeCloseTo(bruteForce(x, y, d), 4);
    expect(costDeviation(centre(x, d), centre(y, d), d)).toBeCloseTo(
      bruteForce(centre(x, d), centre(y, d), d),
      4,
    );
    // Skewed clouds, so that the norms and the products vary together.
    const skewed = y.map((value) => value ** 2);
    for (const [left, right] of [
      [x, skewed],
      [centre(x, d), centre(skewed, d)],
    ] as const)
      expect(squaredCostDeviation(left, right, d) / bruteForce(left, right, d, true)).toBeCloseTo(1, 5);
  });

  it('is zero when one cloud is a single point', () => {
    const y = stream(0, 'y').normal(new Float32Array(20));
    expect(costDeviation(centre(new Float32Array([5, 5]), 2), y, 2)).toBe(0);
  });
});
