import { describe, expect, it } from 'vitest';
import { choleskyFactor, logDeterminant, momentsOf, solveFactored } from './cholesky';

describe('Cholesky factors', () => {
  const matrix = Float64Array.of(4, 2, 1, 2, 5, 3, 1, 3, 6);

  it('solve, and have the determinant', () => {
    const factor = choleskyFactor(matrix, 3)!;
    const solved = solveFactored(factor, 3, Float64Array.of(7, 10, 10));
    expect([...solved].map((value) => value.toFixed(12))).toEqual(Array(3).fill('1.000000000000'));
    // 4·(30 − 9) − 2·(12 − 3) + 1·(6 − 5)
    expect(Math.exp(logDeterminant(factor, 3))).toBeCloseTo(67, 10);
  });

  it('are null where there is none', () => {
    expect(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
    expect(choleskyFactor(Float64Array.of(NaN), 1)).toBeNull();
  });
});

describe('moments', () => {
  it('are mean and covariance, also of points without spread in some direction', () => {
    const { mean, covariance, factor } = momentsOf([0, 1, 2, 1, 4, 1], 2);
    expect([...mean]).toEqual([2, 1]);
    expect(covariance[0]).toBeCloseTo(4, 6);
    expect(covariance[3]).toBeGreaterThan(0);
    expect(factor[3]).toBeGreaterThan(0);
    expect(momentsOf([3, 3], 2).factor[0]).toBeGreaterThan(0);
  });

  it('are refused for values that are not numbers', () => {
    expect(() => momentsOf([0, NaN, 1, 2], 2)).toThrow(
      expect.objectContaining({ code: 'conformal-not-finite' }),
    );
  });
});
