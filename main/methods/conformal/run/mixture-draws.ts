/** @file Draws around a predicted mixture, to measure sets by: from the mixture, and wider ones that reach beyond it. */
import { stream } from '../../../../native-models';
import type { Draws } from '../region/proposal';
import type { Prediction } from '../types';

/** Share of the draws with wider components, and how much wider: sets reach beyond what is predicted. */
const WIDE_SHARE = 0.4;
const WIDTH = 2.5;

/** Draws [count, d] from .6·p̂ + .4·p̂ with standard deviations × 2.5, for a prediction with one row, with their log-density. */
export function mixtureDraws(prediction: Prediction, d: number, seed: number, count: number): Draws {
  const weights = prediction['mixture.weights']!.data;
  const normals = stream(seed, 'conformal.volume.mixture').normal(new Float32Array(count * d));
  const uniforms = stream(seed, 'conformal.volume.component').uniform(new Float32Array(count * 2));
  const points = new Float32Array(count * d);
  for (let draw = 0; draw < count; draw++) {
    let [k, sum] = [0, weights[0]!];
    while (k < weights.length - 1 && uniforms[2 * draw]! >= sum) sum += weights[++k]!;
    const width = uniforms[2 * draw + 1]! < WIDE_SHARE ? WIDTH : 1;
    const noise = normals.subarray(draw * d, (draw + 1) * d);
    points.set(unwhiten(prediction, k, d, noise, width), draw * d);
  }
  const logDensity = Float64Array.from({ length: count }, (_, draw) =>
    logDensityAt(prediction, d, points.subarray(draw * d, (draw + 1) * d)),
  );
  return { points, logDensity };
}

/** mean_k + width·W_k⁻¹·noise. */
function unwhiten(
  prediction: Prediction,
  k: number,
  d: number,
  noise: Float32Array,
  width: number,
): Float32Array {
  const mean = prediction['mixture.mean']!.data;
  const precision = prediction['mixture.precision']!.data;
  const lower = prediction['mixture.lower']?.data;
  const offset = new Float32Array(d);
  for (let i = 0; i < d; i++) {
    let right = width * noise[i]!;
    if (lower) for (let j = 0; j < i; j++) right -= lower[(k * d + i) * d + j]! * offset[j]!;
    offset[i] = right / Math.sqrt(precision[k * d + i]!);
  }
  return offset.map((value, i) => value + mean[k * d + i]!);
}

function logDensityAt(prediction: Prediction, d: number, y: Float32Array): number {
  const weights = prediction['mixture.weights']!.data;
  const mean = prediction['mixture.mean']!.data;
  const precision = prediction['mixture.precision']!.data;
  const lower = prediction['mixture.lower']?.data;
  const terms: number[] = [];
  for (let k = 0; k < weights.length; k++) {
    let [square, logDeterminant] = [0, 0];
    for (let i = 0; i < d; i++) {
      let z = Math.sqrt(precision[k * d + i]!) * (y[i]! - mean[k * d + i]!);
      if (lower) for (let j = 0; j < i; j++) z += lower[(k * d + i) * d + j]! * (y[j]! - mean[k * d + j]!);
      square += z * z;
      logDeterminant += 0.5 * Math.log(precision[k * d + i]!);
    }
    const base = Math.log(weights[k]!) + logDeterminant - 0.5 * d * Math.log(2 * Math.PI);
    terms.push(Math.log(1 - WIDE_SHARE) + base - 0.5 * square);
    terms.push(Math.log(WIDE_SHARE) + base - d * Math.log(WIDTH) - (0.5 * square) / WIDTH ** 2);
  }
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}
