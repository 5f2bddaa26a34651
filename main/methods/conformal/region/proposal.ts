/** @file Points to weigh a set's volume with: drawn around the fit residuals, each with the log density it was drawn from. */
import { stream } from '../../../../native-models';
import { logDeterminant, momentsOf, solveLower } from '../../../numerics/cholesky';

/** Share of draws from the density estimate of the residuals; the others come from one wide Gaussian. */
const NEAR = 0.7;
/** Standard deviations of the wide Gaussian: covariance 6.25 S. */
const WIDE = 2.5;
/** Kernels of the density estimate: its cost is kernels × draws. */
const MOST_KERNELS = 1000;

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
