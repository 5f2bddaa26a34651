/** @file What the last layer of a regression network means: a Gaussian, a mixture of Gaussians, or quantiles. */
import { MongeError } from '../error';
import type { Tensor } from '../ir/tensor';
import { add, multiply, subtract } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { exp, square, tanh } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { reshape, slice } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { scope } from '../ir/scope';

/** `diagonal`: one variance per coordinate; `full`: all correlations too. */
export type Covariance = 'diagonal' | 'full';

/**
 * Gaussians with any leading axes, described by their whitening: z = W·(y − mean) is standard normal, where W is lower
 * triangular with diagonal exp(−½·logVariance), so the covariance is (WᵀW)⁻¹. Predicting W instead of the covariance
 * leaves no matrix to invert, and z is the standardised residual itself.
 */
export interface Gaussian {
  /** [..., d]. */
  readonly mean: Tensor;
  /** −2·log of the diagonal of W, [..., d]; for a diagonal covariance the log-variances of the coordinates. */
  readonly logVariance: Tensor;
  /** The part of W below the diagonal, [..., d, d] with zeros elsewhere; absent for a diagonal covariance. */
  readonly lower?: Tensor;
}

export interface Mixture {
  /** Unnormalised log-weights, [rows, components]. */
  readonly logits: Tensor;
  /** Leading axes [rows, components]. */
  readonly components: Gaussian;
}

export interface GaussianHeadOptions {
  /** Coordinates of the target, d. */
  dimension: number;
  covariance: Covariance;
  /** Interval of the log-variances; default [−10, 6], for targets of about unit scale. */
  logVarianceRange?: readonly [low: number, high: number];
}

/** How many outputs of a network a head reads, and what it makes of them. */
export interface Head<T> {
  readonly width: number;
  /** From [rows, width]. */
  readonly read: (raw: Tensor) => T;
}

/**
 * A Gaussian per row. Log-variances are squeezed smoothly into their interval, because the likelihood is unbounded where
 * a network may call itself certain of a residual of 0.
 */
export function gaussianHead(options: GaussianHeadOptions): Head<Gaussian> {
  const width = gaussianWidth(options);
  return { width, read: (raw) => scope('head', () => readGaussian(raw, options)) };
}

/** A mixture of Gaussians per row: a mixture density network (Bishop 1994). Throws `head-size` below one component. */
export function mixtureHead(options: GaussianHeadOptions & { components: number }): Head<Mixture> {
  const { components } = options;
  requireCount(components, 'components of a mixture head');
  const each = gaussianWidth(options);
  return {
    width: components * (1 + each),
    read: (raw) =>
      scope('head', () => {
        const logits = slice(raw, { axis: 1, end: components });
        const rest = slice(raw, { axis: 1, start: components });
        const parts = reshape(rest, [raw.shape[0]!, components, each]);
        return { logits, components: readGaussian(parts, options) };
      }),
  };
}

/** One value per level and coordinate: [rows, levels, d]. Trained by the pinball loss; nothing keeps levels from crossing. */
export function quantileHead(options: { dimension: number; levels: readonly number[] }): Head<Tensor> {
  const { dimension, levels } = options;
  requireCount(levels.length, 'levels of a quantile head');
  return {
    width: dimension * levels.length,
    read: (raw) => scope('head', () => reshape(raw, [raw.shape[0]!, levels.length, dimension])),
  };
}

/** The standardised residual z = W·(y − mean), [..., d], for a target that broadcasts against the mean. */
export function whiten({ mean, logVariance, lower }: Gaussian, target: Tensor): Tensor {
  const residual = subtract(target, mean);
  const scaled = multiply(residual, exp(multiply(logVariance, -0.5)));
  if (!lower) return scaled;
  const mixed = matmul(lower, reshape(residual, [...residual.shape, 1]));
  return add(scaled, reshape(mixed, residual.shape));
}

/** The log-density at a target that broadcasts against the mean, without the last axis. */
export function gaussianLogDensity(gaussian: Gaussian, target: Tensor): Tensor {
  const dimension = gaussian.mean.shape.at(-1) as number;
  // −½·(|z|² + Σ logVariance + d·log 2π); log det W = −½·Σ logVariance.
  const energy = reduceSum(add(square(whiten(gaussian, target)), gaussian.logVariance), -1);
  return multiply(add(energy, dimension * Math.log(2 * Math.PI)), -0.5);
}

/** The log-density of a mixture at targets [rows, d], [rows]. */
export function mixtureLogDensity({ logits, components }: Mixture, target: Tensor): Tensor {
  const [rows, dimension] = target.shape;
  const each = gaussianLogDensity(components, reshape(target, [rows!, 1, dimension!]));
  return subtract(logSumExp(add(logits, each)), logSumExp(logits));
}

function gaussianWidth({ dimension, covariance }: GaussianHeadOptions): number {
  requireCount(dimension, 'dimension of a Gaussian head');
  return 2 * dimension + (covariance === 'full' ? (dimension * (dimension - 1)) / 2 : 0);
}

function readGaussian(raw: Tensor, options: GaussianHeadOptions): Gaussian {
  const { dimension, covariance, logVarianceRange: [low, high] = [-10, 6] } = options;
  const part = (start: number, end: number) => slice(raw, { axis: raw.rank - 1, start, end });
  const mean = part(0, dimension);
  const [centre, reach] = [(high + low) / 2, (high - low) / 2];
  // Slope 1 in the middle of the interval: centre + reach·tanh((raw − centre)/reach).
  const squeezed = tanh(multiply(subtract(part(dimension, 2 * dimension), centre), 1 / reach));
  const logVariance = add(multiply(squeezed, reach), centre);
  if (covariance === 'diagonal' || dimension === 1) return { mean, logVariance };
  const count = (dimension * (dimension - 1)) / 2;
  const placed = matmul(part(2 * dimension, 2 * dimension + count), lowerPlaces(dimension, raw));
  return { mean, logVariance, lower: reshape(placed, [...raw.shape.slice(0, -1), dimension, dimension]) };
}

/** Puts d(d−1)/2 numbers below the diagonal of a flat d×d matrix, row by row: a 0-1 matrix [d(d−1)/2, d·d]. */
function lowerPlaces(dimension: number, like: Tensor): Tensor {
  const count = (dimension * (dimension - 1)) / 2;
  const places = new Float64Array(count * dimension * dimension);
  let entry = 0;
  for (let row = 1; row < dimension; row++)
    for (let column = 0; column < row; column++, entry++)
      places[entry * dimension * dimension + row * dimension + column] = 1;
  return constant(places, [count, dimension * dimension], like.dtype);
}

function requireCount(count: number, what: string): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new MongeError({
    code: 'head-size',
    what,
    got: String(count),
    expected: 'a whole number from 1',
  });
}
