/** @file Made-up predictions and rows for tests of scores. */
import { stream } from '../../../../native-models';
import type { Rows } from '../../../tables/encode';
import type { Prediction } from '../types';

/** Normal numbers by a label. */
function normals(label: string, count: number): Float32Array {
  return stream(7, `test.${label}`).normal(new Float32Array(count));
}

/** Rows with random features and targets. */
export function madeUpRows(label: string, count: number, features: number, d: number): Rows {
  const x = normals(`${label}.x`, count * features);
  return {
    count,
    index: Uint32Array.from({ length: count }, (_, row) => row),
    x,
    raw: x,
    y: normals(`${label}.y`, count * d),
  };
}

/** A prediction with every part for rows [count, …]: means, one Gaussian, three quantiles and a mixture of K Gaussians. */
export function madeUpPrediction(label: string, count: number, d: number, k: number): Prediction {
  const gaussian = (name: string, leading: number[]) => {
    const size = leading.reduce((product, one) => product * one, 1);
    const lower = normals(`${label}.${name}.lower`, size * d * d).map((value, at) => {
      const [row, column] = [Math.floor(at / d) % d, at % d];
      return column < row ? 0.5 * value : 0;
    });
    return {
      [`${name}.mean`]: { data: normals(`${label}.${name}.mean`, size * d), shape: [...leading, d] },
      [`${name}.precision`]: {
        data: normals(`${label}.${name}.precision`, size * d).map((value) => Math.exp(0.4 * value)),
        shape: [...leading, d],
      },
      ...(d > 1 ? { [`${name}.lower`]: { data: lower, shape: [...leading, d, d] } } : {}),
    };
  };
  const logits = normals(`${label}.weights`, count * k).map(Math.exp);
  const weights = logits.map((value, at) => {
    const from = Math.floor(at / k) * k;
    return value / logits.subarray(from, from + k).reduce((sum, one) => sum + one, 0);
  });
  const middle = normals(`${label}.quantiles`, count * d);
  const quantiles = new Float32Array(count * 3 * d);
  for (let row = 0; row < count; row++)
    for (let level = 0; level < 3; level++)
      for (let j = 0; j < d; j++)
        quantiles[(row * 3 + level) * d + j] = middle[row * d + j]! + (level - 1) * (0.5 + 0.1 * j);
  return {
    mean: { data: normals(`${label}.mean`, count * d), shape: [count, d] },
    ...gaussian('gaussian', [count]),
    quantiles: { data: quantiles, shape: [count, 3, d] },
    'mixture.weights': { data: weights, shape: [count, k] },
    ...gaussian('mixture', [count, k]),
  };
}
