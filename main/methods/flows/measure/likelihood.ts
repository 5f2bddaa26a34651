/** @file The density of points under a flow: back along the paths to the source, with the divergence on the way. */
import { stream } from '../../../../native-models';
import { solveFixed } from '../../../ode/fixed';
import type { Divergent } from '../divergence';
import type { NormalLaw } from '../points/source';

/** Steps of the classical Runge–Kutta method. */
const STEPS = 20;
/** Of the field and its divergence by `negativeLogLikelihood`, where it is not told otherwise. */
export const LIKELIHOOD_EVALUATIONS = 4 * STEPS;

export interface Likelihood {
  /** [n] −log p₁(x), nats. */
  perRow: Float64Array;
  /** Mean over the rows, nats. */
  mean: number;
  /** Standard error of `mean`. */
  standardError: number;
}

/**
 * −log p₁(x₁) = −log p₀(x₀) + ∫₀¹ ∂·v(t, x_t) dt along the path that ends at x₁ (Chen et al., arXiv 1806.07366), for
 * `points` [n, dimension] and the law p₀ of the source in their units.
 */
export async function negativeLogLikelihood(
  field: (time: number, points: Float32Array) => Promise<Divergent>,
  points: Float32Array,
  { mean, deviation }: NormalLaw,
  steps = STEPS,
): Promise<Likelihood> {
  const dimension = mean.length;
  const count = points.length / dimension;
  // Positions first, then one integral per row: the solver moves them together.
  const state = new Float32Array(points.length + count);
  state.set(points);
  const backwards = async (time: number, at: Float32Array) => {
    const { velocity, divergence } = await field(1 - time, at.slice(0, points.length));
    const out = new Float32Array(state.length);
    for (let k = 0; k < points.length; k++) out[k] = -velocity[k]!;
    out.set(divergence, points.length);
    return out;
  };
  const { points: end } = await solveFixed(backwards, state, 'rk4', steps);
  const perRow = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let nats = end[points.length + row]!;
    for (let k = 0; k < dimension; k++) {
      const z = (end[row * dimension + k]! - mean[k]!) / deviation[k]!;
      nats += z ** 2 / 2 + Math.log(deviation[k]!) + Math.log(2 * Math.PI) / 2;
    }
    perRow[row] = nats;
  }
  const average = perRow.reduce((sum, value) => sum + value, 0) / count;
  const variance = perRow.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, count - 1);
  return { perRow, mean: average, standardError: Math.sqrt(variance / count) };
}

/** Levels of a pixel in [−1, 1] are 1/128 apart once dequantised. */
const PIXEL_BITS = Math.log2(128);

/** NLL/(d·ln 2) in data units; for images of 256 levels the bits of a pixel's value: plus log₂ 128. */
export function bitsPerDimension(nats: number, dimension: number, image: boolean): number {
  return nats / (dimension * Math.LN2) + (image ? PIXEL_BITS : 0);
}

/** Pixels of 256 levels in [−1, 1] as 2·(level + U)/256 − 1 with U uniform: their density is then bounded. */
export function dequantise(pixels: Float32Array, seed: number): Float32Array {
  const within = stream(seed, 'flows.dequantise').uniform(new Float32Array(pixels.length));
  return pixels.map((value, k) => (Math.round((value + 1) * 127.5) + within[k]!) / 128 - 1);
}

/** [length] signs ±1, the probes of least variance for Hutchinson's estimate. */
export function signs(seed: number, length: number): Float32Array {
  const words = stream(seed, 'flows.hutchinson').uniform(new Float32Array(length));
  return words.map((value) => (value < 0.5 ? -1 : 1));
}
