/** @file OTCP on residuals that a Gaussian head has standardised: one learned shape, sized and turned for every row (section 1.11). */
import { add, multiply, reduceSum, reshape, sqrt, subtract, type Tensor } from '../../../../native-models';
import { mapOf } from '../../../transport/rank/entropic';
import { rankTensor } from '../../../transport/rank/rank';
import type { Prediction, ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { fitTransport, guardsTail, transportRows } from './transport';

/** [rows, d] z = W·(y − mean) with W = lower + diag(√precision), for predictions of one row or of as many as y has. */
export function standardisedTensor(prediction: Readonly<Record<string, Tensor>>, y: Tensor): Tensor {
  const [mean, precision, lower] = ['mean', 'precision', 'lower'].map(
    (part) => prediction[`gaussian.${part}`],
  );
  const residual = subtract(y, mean!);
  const scaled = multiply(residual, sqrt(precision!));
  if (!lower) return scaled;
  const [rows, d] = residual.shape;
  return add(scaled, reduceSum(multiply(lower, reshape(residual, [rows!, 1, d!])), 2));
}

/** [n, d] the same in double precision, row k of the targets beside row k of the prediction. */
export function standardisedResiduals(y: Float32Array, prediction: Prediction, d: number): Float64Array {
  const mean = prediction['gaussian.mean']!.data;
  const precision = prediction['gaussian.precision']!.data;
  const lower = prediction['gaussian.lower']?.data;
  return Float64Array.from(y, (value, at) => {
    const [row, i] = [Math.floor(at / d), at % d];
    let z = (value - mean[at]!) * Math.sqrt(precision[at]!);
    if (lower) for (let j = 0; j < i; j++) z += lower[at * d + j]! * (y[row * d + j]! - mean[row * d + j]!);
    return z;
  });
}

/** log det W of one row: the log-volume of its set is that of the common shape less this. */
export function logStandardisation(prediction: Prediction, row = 0): number {
  const { data, shape } = prediction['gaussian.precision']!;
  const d = shape[1]!;
  let sum = 0;
  for (let k = row * d; k < (row + 1) * d; k++) sum += Math.log(data[k]!) / 2;
  return sum;
}

/** s(x, y) = ‖T(W(x)·(y − mean(x)))‖. */
export const otcpStandardised: ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>> = {
  ...scoreWords('otcpStandardised'),
  source: 'section 1.11',
  guarantee: 'exact',
  needs: ['gaussian'],
  fit: (context) => {
    const { rows, prediction } = context.fit;
    return fitTransport(context, standardisedResiduals(rows.y, prediction, context.shape.d));
  },
  build: (arrays, prediction, y) =>
    rankTensor(mapOf(arrays), standardisedTensor(prediction, y), guardsTail(arrays)),
  logJacobian: (prediction) => -logStandardisation(prediction),
  async open(compute, shape, arrays) {
    return openProgramScore(
      compute,
      { ...otcpStandardised, rowsPerRun: transportRows(arrays) },
      shape,
      arrays,
    );
  },
};
