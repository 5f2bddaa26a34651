/**
 * @file Scores of the residual's length: as it is (arXiv 2502.03609, Merge-CP and its kin), scaled by the fit rows' moments, or
 * by what a Gaussian head says of it (arXiv 2507.20941): z = W·(y − mean) with W = lower + diag(√precision).
 */
import {
  absolute,
  add,
  constant,
  divide,
  matmul,
  multiply,
  reduceMax,
  reduceSum,
  reshape,
  sqrt,
  subtract,
  type Tensor,
} from '../../../../native-models';
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { momentsOf, whiteningOf } from '../../../numerics/cholesky';
import { normTensor } from '../../../transport/rank/rank';
import { residualsOf } from '../predicted';
import { logBallVolume, logCubeVolume, logDiamondVolume, logEllipsoidVolume } from '../region/volume';
import type { Prediction, PredictionTensors, ScoreDefinition } from '../types';
import type { ScoreId } from './catalogue';
import { programScore } from './program';

/** The length of a residual by some norm; `logVolume` is that of the norm's ball of a radius. */
function norm(
  id: ScoreId,
  lengthOf: (residual: Tensor) => Tensor,
  logVolume: (d: number, radius: number) => number,
): ScoreDefinition {
  return programScore(id, {
    fixedShape: true,
    build: (_, { mean }, y) => lengthOf(subtract(y, mean!)),
    logVolume:
      ({ d }) =>
      (radius) =>
        logVolume(d, radius),
  });
}

/** ‖y − ŷ‖₂: a ball. */
export const l2 = norm('l2', normTensor, logBallVolume);
/** ‖y − ŷ‖₁: a cross-polytope. */
export const l1 = norm('l1', (residual) => reduceSum(absolute(residual), 1), logDiamondVolume);
/** ‖y − ŷ‖∞: a cube. */
export const linf = norm('linf', (residual) => reduceMax(absolute(residual), 1), logCubeVolume);

/** max_j |e_j − μ_j| / σ_j: a box whose sides follow the spread of each target. */
export const maxStd = programScore('maxStd', {
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, covariance } = momentsOf(residualsOf(fit), d);
    const deviation = Float32Array.from(mean, (_, j) => Math.sqrt(covariance[j * d + j]!));
    return { arrays: { mean: vector(Float32Array.from(mean)), deviation: vector(deviation) } };
  },
  build(arrays, { mean }, y) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    return reduceMax(absolute(divide(centred, row(arrays.deviation!))), 1);
  },
  logVolume({ d }, { deviation }) {
    const logScale = (deviation!.data as Float32Array).reduce((sum, value) => sum + Math.log(value), 0);
    return (radius) => logCubeVolume(d, radius) + logScale;
  },
});

/** ‖Σ^{−1/2}(e − μ)‖₂ with Σ of the fit residuals: an ellipsoid. */
export const mahalanobis = programScore('mahalanobis', {
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, factor } = momentsOf(residualsOf(fit), d);
    const { whitening, logDeterminant } = whiteningOf(factor, d);
    return {
      arrays: {
        mean: vector(Float32Array.from(mean)),
        whitening: { data: Float32Array.from(whitening), shape: [d, d] },
        logDeterminant: vector(Float64Array.of(logDeterminant)),
      },
    };
  },
  build(arrays, { mean }, y, { d }) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    const whitening = constant(arrays.whitening!.data, [d, d]);
    return normTensor(matmul(centred, whitening, { transposeRight: true }));
  },
  // log det Σ from that of its whitening.
  logVolume:
    ({ d }, { logDeterminant }) =>
    (radius) =>
      logEllipsoidVolume(d, radius, -2 * logDeterminant!.data[0]!),
});

/** A row vector of constants. */
function row({ data }: Arrays[string]): Tensor {
  return constant(data, [1, data.length]);
}

/** ‖W(x)·(y − mean(x))‖₂ with (WᵀW)⁻¹ the predicted covariance. */
export const gaussianEllipsoid = programScore('gaussianEllipsoid', {
  source: 'section 2.1; arXiv:2507.20941',
  needs: ['gaussian'],
  build: (_, prediction, y) => normTensor(standardisedTensor(prediction, y)),
  logVolume:
    ({ d }) =>
    (radius, prediction) =>
      logBallVolume(d, radius) - logStandardisation(prediction),
});

/** [rows, d] z, for predictions of one row or of as many as y has. */
export function standardisedTensor(prediction: PredictionTensors, y: Tensor): Tensor {
  const { 'gaussian.mean': mean, 'gaussian.precision': precision, 'gaussian.lower': lower } = prediction;
  const residual = subtract(y, mean!);
  const scaled = multiply(residual, sqrt(precision!));
  if (!lower) return scaled;
  const [rows, d] = residual.shape;
  return add(scaled, reduceSum(multiply(lower, reshape(residual, [rows!, 1, d!])), 2));
}

/** [n, d] the same in double precision, row k of the targets beside row k of the prediction. */
export function standardisedResiduals(y: Float32Array, prediction: Prediction, d: number): Float64Array {
  const { mean, precision, lower } = numbersOf(prediction);
  return Float64Array.from(y, (value, at) => {
    const [row, i] = [Math.floor(at / d), at % d];
    let z = (value - mean[at]!) * Math.sqrt(precision[at]!);
    if (lower) for (let j = 0; j < i; j++) z += lower[at * d + j]! * (y[row * d + j]! - mean[row * d + j]!);
    return z;
  });
}

/** [n, d] targets mean + W⁻¹·z of standardised residuals z [n, d] at one row. */
export function unstandardised(z: Float64Array, prediction: Prediction, d: number): Float32Array {
  const { mean, precision, lower } = numbersOf(prediction);
  const offsets = new Float64Array(z.length);
  for (let at = 0; at < z.length; at += d)
    for (let i = 0; i < d; i++) {
      let right = z[at + i]!;
      if (lower) for (let j = 0; j < i; j++) right -= lower[i * d + j]! * offsets[at + j]!;
      offsets[at + i] = right / Math.sqrt(precision[i]!);
    }
  return Float32Array.from(offsets, (value, k) => value + mean[k % d]!);
}

/** log det W of one row: the log-volume of its set is that of the common shape less this. */
export function logStandardisation(prediction: Prediction, row = 0): number {
  const { data, shape } = prediction['gaussian.precision']!;
  const d = shape[1]!;
  let sum = 0;
  for (let k = row * d; k < (row + 1) * d; k++) sum += Math.log(data[k]!) / 2;
  return sum;
}

function numbersOf(prediction: Prediction) {
  const { 'gaussian.mean': mean, 'gaussian.precision': precision, 'gaussian.lower': lower } = prediction;
  return { mean: mean!.data, precision: precision!.data, lower: lower?.data };
}
