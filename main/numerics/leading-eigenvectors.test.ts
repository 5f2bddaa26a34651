/** @file Eigenpairs against matrices built from known ones. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { leadingEigenpairs } from './leading-eigenvectors';

/** Q diag(values) Qᵀ for a product Q of Householder reflections, with the columns of Q in rows. */
function known(values: readonly number[]): { matrix: Float64Array; vectors: number[][] } {
  const size = values.length;
  const vectors: number[][] = values.map((_, k) => values.map((__, j) => (j === k ? 1 : 0)));
  for (let reflection = 0; reflection < 3; reflection++) {
    const normal = [...stream(reflection, 'reflection').normal(new Float32Array(size))];
    const squares = normal.reduce((sum, value) => sum + value * value, 0);
    for (const vector of vectors) {
      const along = (2 * vector.reduce((sum, value, k) => sum + value * normal[k]!, 0)) / squares;
      normal.forEach((value, k) => (vector[k]! -= along * value));
    }
  }
  const matrix = new Float64Array(size * size);
  vectors.forEach((vector, k) => {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) matrix[i * size + j]! += values[k]! * vector[i]! * vector[j]!;
  });
  return { matrix, vectors };
}

const overlap = (left: ArrayLike<number>, right: number[]) =>
  Math.abs(right.reduce((sum, value, k) => sum + value * left[k]!, 0));

describe('eigenpairs', () => {
  it('of a small matrix are all found', () => {
    const values = [7, 5, 5, 1, 0, -2];
    const { matrix, vectors } = known(values);
    const found = leadingEigenpairs(matrix, 6, 6);
    values.forEach((value, k) => expect(found.values[k]).toBeCloseTo(value, 10));
    for (const k of [0, 3, 4, 5])
      expect(overlap(found.vectors.subarray(6 * k, 6 * k + 6), vectors[k]!)).toBeCloseTo(1, 10);
  });

  it.each([40, 150])('leading ones of a matrix of size %i', (size) => {
    const values = Array.from({ length: size }, (_, k) => 10 * 0.8 ** k);
    const { matrix, vectors } = known(values);
    const found = leadingEigenpairs(matrix, size, 5);
    expect(found.values).toHaveLength(5);
    for (let k = 0; k < 5; k++) {
      expect(found.values[k]! / values[k]!).toBeCloseTo(1, 7);
      const own = found.vectors.subarray(size * k, size * (k + 1));
      expect(overlap(own, vectors[k]!)).toBeCloseTo(1, 6);
      expect(Math.max(...own)).toBeGreaterThanOrEqual(-Math.min(...own));
    }
  });

  it('of a matrix of low rank keep to it, and of zero are zero', () => {
    const values = Array.from({ length: 120 }, (_, k) => (k < 3 ? 3 - k : 0));
    const { matrix } = known(values);
    const found = leadingEigenpairs(matrix, 120, 6);
    [3, 2, 1, 0, 0, 0].forEach((value, k) => expect(found.values[k]).toBeCloseTo(value, 9));
    expect([...leadingEigenpairs(new Float64Array(120 * 120), 120, 2).values]).toEqual([0, 0]);
  });
});
