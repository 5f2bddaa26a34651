/**
 * @file What a Gaussian head says of residuals: z = W·(y − mean) with W = lower + diag(√precision), as a program, on the host and
 * back; and ellipsoids by the length of z (arXiv 2507.20941).
 */
import { add, multiply, reduceSum, reshape, sqrt, subtract, type Tensor } from '../../../../native-models';
import { normTensor } from '../../../transport/rank/rank';
import { logBallVolume } from '../region/volume';
import type { Prediction, PredictionTensors } from '../types';
import { programScore } from './program';

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
  const { mean, precision, lower } = gaussianOf(prediction);
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

function gaussianOf<T>(prediction: Readonly<Record<string, T>>) {
  const [mean, precision, lower] = ['mean', 'precision', 'lower'].map(
    (part) => prediction[`gaussian.${part}`],
  );
  return { mean, precision, lower };
}

function numbersOf(prediction: Prediction) {
  const { mean, precision, lower } = gaussianOf(prediction);
  return { mean: mean!.data, precision: precision!.data, lower: lower?.data };
}
