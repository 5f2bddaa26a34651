/**
 * @file Points to weigh a set's volume with, each with the log density it was drawn from: around the fit residuals, or around a
 * predicted mixture. Both reach beyond what was seen or predicted, where a set may still lie.
 */
import { stream } from '../../../../native-models';
import { logDeterminant, momentsOf, solveLower } from '../../../numerics/cholesky';
import type { Prediction } from '../types';

/** Share of draws from the density estimate of the residuals; the others come from one wide Gaussian, of covariance 6.25 S. */
const NEAR = 0.7;
/** Kernels of the density estimate: its cost is kernels × draws. */
const MOST_KERNELS = 1000;
/** Share of the draws from a mixture with wider components. */
const WIDE_SHARE = 0.4;
/** Standard deviations of what is wide. */
const WIDE = 2.5;

export interface Draws {
  /** [n, d]. */
  points: Float32Array;
  /** [n] natural logarithm of the density each point was drawn from. */
  logDensity: Float64Array;
}

/**
 * Draws from .7·KDE + .3·N(μ, 6.25 S), where the kernels stand at residuals [rows, d] with covariance h² S, h =
 * n^{−1/(d + 4)} (Scott 1992), μ and S the residuals' moments. The wide part reaches beyond the data, where a set may
 * still lie. Of more than 1,000 residuals only as many, drawn by the seed, carry kernels.
 */
export function residualDraws(residuals: Float32Array, d: number, seed: number, count = 10_000): Draws {
  const { mean, factor } = momentsOf(residuals, d);
  const rows = residuals.length / d;
  const order = stream(seed, 'conformal.volume.kernels').permutation(rows).subarray(0, MOST_KERNELS);
  const kernels = order.length;
  // Everything happens where the covariance is the identity.
  const centres = new Float64Array(kernels * d);
  for (const [kernel, row] of order.entries()) {
    const centre = centres.subarray(kernel * d, (kernel + 1) * d);
    for (let k = 0; k < d; k++) centre[k] = residuals[row * d + k]! - mean[k]!;
    solveLower(factor, d, centre);
  }
  const bandwidth = kernels ** (-1 / (d + 4));
  const normal = stream(seed, 'conformal.volume.normal').normal(new Float32Array(count * d));
  const which = stream(seed, 'conformal.volume.part').uniform(new Float32Array(count));
  const picks = stream(seed, 'conformal.volume.pick').integers(new Int32Array(count), kernels);
  const points = new Float32Array(count * d);
  const logDensity = new Float64Array(count);
  const white = new Float64Array(d);
  const exponents = new Float64Array(kernels);
  const base = -(d / 2) * Math.log(2 * Math.PI) - logDeterminant(factor, d) / 2;
  for (let draw = 0; draw < count; draw++) {
    const near = which[draw]! < NEAR;
    for (let k = 0; k < d; k++)
      white[k] = near
        ? centres[picks[draw]! * d + k]! + bandwidth * normal[draw * d + k]!
        : WIDE * normal[draw * d + k]!;
    for (let j = 0; j < d; j++) {
      let value = mean[j]!;
      for (let k = 0; k <= j; k++) value += factor[j * d + k]! * white[k]!;
      points[draw * d + j] = value;
    }
    const kernel =
      logKernels(centres, white, d, bandwidth, exponents) + Math.log(NEAR) - d * Math.log(bandwidth);
    let square = 0;
    for (let k = 0; k < d; k++) square += white[k]! ** 2;
    const wide = Math.log(1 - NEAR) - d * Math.log(WIDE) - square / (2 * WIDE * WIDE);
    logDensity[draw] = base + logAdd(kernel, wide);
  }
  return { points, logDensity };
}

/** The same draws around another centre [d], such as the mean that is predicted at a row. */
export function drawsAround(draws: Draws, centre: ArrayLike<number>): Draws {
  const d = centre.length;
  return { points: draws.points.map((value, at) => value + centre[at % d]!), logDensity: draws.logDensity };
}

/** log of the mean of exp(−‖white − centre‖²/(2h²)) over the kernels. */
function logKernels(
  centres: Float64Array,
  white: Float64Array,
  d: number,
  bandwidth: number,
  exponents: Float64Array,
): number {
  const factor = -1 / (2 * bandwidth * bandwidth);
  let largest = -Infinity;
  for (let kernel = 0, at = 0; kernel < exponents.length; kernel++) {
    let square = 0;
    for (let k = 0; k < d; k++, at++) square += (white[k]! - centres[at]!) ** 2;
    const exponent = square * factor;
    exponents[kernel] = exponent;
    if (exponent > largest) largest = exponent;
  }
  let sum = 0;
  // Terms below e⁻⁴⁰ of the largest change no digit.
  for (const exponent of exponents) if (exponent > largest - 40) sum += Math.exp(exponent - largest);
  return largest + Math.log(sum / exponents.length);
}

function logAdd(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}

/** Draws [count, d] from .6·p̂ + .4·p̂ with standard deviations × 2.5, for a prediction with one row, with their log-density. */
export function mixtureDraws(prediction: Prediction, d: number, seed: number, count: number): Draws {
  const weights = prediction['mixture.weights']!.data;
  const mean = prediction['mixture.mean']!.data;
  const precision = prediction['mixture.precision']!.data;
  const lower = prediction['mixture.lower']?.data;
  const normals = stream(seed, 'conformal.volume.mixture').normal(new Float32Array(count * d));
  const uniforms = stream(seed, 'conformal.volume.component').uniform(new Float32Array(count * 2));

  /** mean_k + width·W_k⁻¹·noise of component k. */
  const drawFrom = (k: number, noise: Float32Array, width: number): Float32Array => {
    const offset = new Float32Array(d);
    for (let i = 0; i < d; i++) {
      let right = width * noise[i]!;
      if (lower) for (let j = 0; j < i; j++) right -= lower[(k * d + i) * d + j]! * offset[j]!;
      offset[i] = right / Math.sqrt(precision[k * d + i]!);
    }
    return offset.map((value, i) => value + mean[k * d + i]!);
  };

  /** Of the mixture and its wider components. */
  const logDensityAt = (y: Float32Array): number => {
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
      terms.push(Math.log(WIDE_SHARE) + base - d * Math.log(WIDE) - (0.5 * square) / WIDE ** 2);
    }
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  };

  const points = new Float32Array(count * d);
  const logDensity = new Float64Array(count);
  for (let draw = 0; draw < count; draw++) {
    let [k, sum] = [0, weights[0]!];
    while (k < weights.length - 1 && uniforms[2 * draw]! >= sum) sum += weights[++k]!;
    const width = uniforms[2 * draw + 1]! < WIDE_SHARE ? WIDE : 1;
    const point = drawFrom(k, normals.subarray(draw * d, (draw + 1) * d), width);
    points.set(point, draw * d);
    logDensity[draw] = logDensityAt(point);
  }
  return { points, logDensity };
}
