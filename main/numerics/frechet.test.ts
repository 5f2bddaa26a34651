/** @file Eigenvalues against matrices made from known ones, and the Fréchet distance against its closed forms. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { cholesky, symmetricEigenvalues } from './eigenvalues';
import { frechetDistance, frechetEstimate, gaussianOf } from './frechet';
import type { PointMoments } from './points';

/** Q·diag(values)·Qᵀ with the columns of Q from reflections of random directions. */
function withEigenvalues(values: readonly number[], seed: number): Float64Array {
  const size = values.length;
  let a: Float64Array = Float64Array.from({ length: size * size }, (_, at) =>
    at % (size + 1) === 0 ? values[at / (size + 1)]! : 0,
  );
  for (let turn = 0; turn < 3; turn++) {
    const v = Float64Array.from(stream(seed, 'reflection', turn).normal(new Float32Array(size)));
    const square = v.reduce((sum, value) => sum + value * value, 0);
    const h = Float64Array.from({ length: size * size }, (_, at) => {
      const [row, column] = [Math.floor(at / size), at % size];
      return (row === column ? 1 : 0) - (2 * v[row]! * v[column]!) / square;
    });
    a = product(product(h, a, size), h, size);
  }
  return a;
}

function product(left: Float64Array, right: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += left[row * size + k]! * right[k * size + column]!;
    return sum;
  });
}

const diagonal = (values: readonly number[]): Float64Array =>
  Float64Array.from({ length: values.length ** 2 }, (_, at) =>
    at % (values.length + 1) === 0 ? values[at / (values.length + 1)]! : 0,
  );

describe('symmetricEigenvalues', () => {
  it.each([
    [[3]],
    [[-1, 2]],
    [[0, 0, 0, 0]],
    [[-5, 1e-9, 1, 1, 1, 40, 1000]],
    [Array.from({ length: 40 }, (_, k) => (k % 7) * 1.5 - 2)],
  ])('finds %j', (values) => {
    const found = symmetricEigenvalues(withEigenvalues(values, 3), values.length);
    const sorted = [...values].sort((a, b) => a - b);
    const scale = Math.max(1, ...values.map(Math.abs));
    sorted.forEach((value, k) => expect(Math.abs(found[k]! - value) / scale).toBeLessThan(1e-13));
  });

  it('refuses what is not a number', () => {
    expect(() => symmetricEigenvalues(Float64Array.of(1, 0, NaN, 1), 2)).toThrow('matrix-not-finite');
  });
});

describe('cholesky', () => {
  it('gives the matrix back, singular or not', () => {
    for (const values of [
      [1, 2, 3, 10],
      [0, 0, 2, 5],
      [0, 0, 0, 0],
    ]) {
      const matrix = withEigenvalues(values, 5);
      const lower = cholesky(matrix, 4);
      const transposed = lower.map((_, at) => lower[(at % 4) * 4 + Math.floor(at / 4)]!);
      product(lower, transposed, 4).forEach((value, at) => expect(value).toBeCloseTo(matrix[at]!, 6));
    }
  });
});

describe('frechetDistance', () => {
  it('is the closed form where the covariances commute: |Δm|² + Σ(s₁ − s₂)²', () => {
    const left: PointMoments = { mean: Float64Array.of(1, 0, 2), covariance: diagonal([1, 4, 9]) };
    const right: PointMoments = { mean: Float64Array.of(0, 2, 2), covariance: diagonal([4, 4, 0]) };
    expect(frechetDistance(left, right)).toBeCloseTo(5 + 1 + 0 + 9, 6);
    expect(frechetDistance(right, left)).toBeCloseTo(15, 6);
  });

  it('is that of two dimensions where they do not: Tr (S₁S₂)^½ = √(Tr S₁S₂ + 2√|S₁S₂|)', () => {
    const [a, b] = [withEigenvalues([1, 5], 7), withEigenvalues([2, 0.3], 8)];
    const both = product(a, b, 2);
    const determinant = both[0]! * both[3]! - both[1]! * both[2]!;
    const root = Math.sqrt(both[0]! + both[3]! + 2 * Math.sqrt(determinant));
    const mean = new Float64Array(2);
    const expected = 6 + 2.3 - 2 * root;
    expect(frechetDistance({ mean, covariance: a }, { mean, covariance: b })).toBeCloseTo(expected, 9);
  });

  it('is nothing between a Gaussian and itself, also a flat one', () => {
    const moments = { mean: Float64Array.of(1, 2, 3), covariance: withEigenvalues([0, 1, 2], 2) };
    expect(frechetDistance(moments, moments)).toBeLessThan(1e-6);
  });
});

describe('frechetEstimate', () => {
  const count = 4096;
  const cloud = (label: string, scale: number) =>
    stream(1, label)
      .normal(new Float32Array(count * 8))
      .map((value) => scale * value);

  it('of samples of one distribution has a bias that the extrapolation takes away, in the mean', () => {
    const pairs = 12;
    const found = Array.from({ length: pairs }, (_, k) =>
      frechetEstimate(cloud(`left ${k}`, 1), cloud(`right ${k}`, 1), 8),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value / pairs, 0);
    const distance = mean(found.map((one) => one.distance));
    expect(distance).toBeGreaterThan(0.004);
    expect(Math.abs(mean(found.map((one) => one.infinite!)))).toBeLessThan(distance / 4);
  });

  it('of samples of different ones is near the truth, 8·(1.5 − 1)²', () => {
    const { distance, infinite } = frechetEstimate(cloud('a', 1), cloud('b', 1.5), 8);
    expect(distance).toBeCloseTo(2, 0.9);
    expect(Math.abs(infinite! - 2)).toBeLessThan(0.15);
  });

  it('says nothing of infinitely many points where there are too few', () => {
    const few = (label: string) => cloud(label, 1).slice(0, 40 * 8);
    expect(frechetEstimate(few('a'), few('b'), 8).infinite).toBeNull();
    expect(() => gaussianOf(new Float32Array(8), 8, 0, 1)).toThrow('too-few-rows');
  });
});
