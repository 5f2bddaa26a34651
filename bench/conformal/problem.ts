/** @file The residuals and the reference of the conformal benchmark, and the one way in which marginals are judged. */
import { stream } from '../../native-models';
import { ballReference, referenceSizes, type Reference } from '../../main/transport/rank/reference';
import { applied, fitScaling } from '../../main/transport/rank/scaling';

export const DIMENSION = 4;

/** [n, 4] three Gaussian humps, correlated and of different spread: what a base model that misses a class leaves behind. */
export function makeResiduals(count: number): Float32Array {
  const hump = stream(0, 'bench.hump').integers(new Int32Array(count), 3);
  return stream(0, 'bench.residuals')
    .normal(new Float32Array(count * DIMENSION))
    .map((value, at, all) => {
      const [row, k] = [Math.floor(at / DIMENSION), at % DIMENSION];
      const side = hump[row]! - 1;
      const before = k === 0 ? 0 : all[at - 1]!;
      return (side === 0 ? 0.6 : 1) * value + 0.4 * side * before + (k < 2 ? 1.8 * side : 0);
    });
}

export function makeReference(points: number): Reference {
  const sizes = referenceSizes({ gridSize: points, radii: 16, originCopies: 0 });
  return ballReference(DIMENSION, sizes, { seed: 0 });
}

/**
 * Σ_j |Σ_i softmax_j(2/ε·z̃_i·u_j + g_j)/n − 1/m|: how far the map's images are from the reference in mass, its rows being
 * exact by the softmax. In double precision; `g` [m] up to a constant.
 */
export function marginalError(
  residuals: Float32Array,
  { points, d }: Reference,
  g: ArrayLike<number>,
  epsilon: number,
): number {
  const cloud = applied(fitScaling(Float64Array.from(residuals), d, 'max'), residuals);
  const [n, m] = [cloud.length / d, g.length];
  const mass = new Float64Array(m);
  const scores = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    let largest = -Infinity;
    for (let j = 0; j < m; j++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += cloud[i * d + k]! * points[j * d + k]!;
      scores[j] = (2 / epsilon) * dot + g[j]!;
      if (scores[j]! > largest) largest = scores[j]!;
    }
    let total = 0;
    for (let j = 0; j < m; j++) total += scores[j] = Math.exp(scores[j]! - largest);
    for (let j = 0; j < m; j++) mass[j]! += scores[j]! / (total * n);
  }
  return mass.reduce((sum, value) => sum + Math.abs(value - 1 / m), 0);
}
