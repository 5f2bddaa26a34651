/**
 * @file Contrast-consistent search (Burns and others 2022), without labels: a direction along which of each pair of statements
 * one is true and the other false, (p⁺ − (1 − p⁻))² + min(p⁺, p⁻)².
 */
import { stream } from '../../../native-models';
import { minimised } from '../../numerics/lbfgs';
import { sigmoid } from '../../numerics/logistic';
import { aucOf } from '../../numerics/ranking';
import { unitVector } from '../geometry';
import type { FitRows, PairRows } from '../standardise';
import type { Family } from './family';

/** λ of (λ/2)·|w|², the strongest first: with more units than pairs a loss of 0 lies in nearly every direction. */
const penalties = [0.1, 0.01, 1e-3];
/** Starts besides the direction along which pairs differ most. */
const RANDOM_STARTS = 3;
const POWER_STEPS = 30;

/**
 * Start and penalty are those with the smallest loss on validation pairs, or on training pairs where there are none of those;
 * the labels say which end is true and nothing else.
 */
export const contrastConsistent: Family = (train, validation, { strength } = {}) => {
  const pairs = train.pairs!;
  const judged = validation.pairs && validation.pairs.plus.rows > 0 ? validation.pairs : pairs;
  const d = train.operator.columns;
  let best: { loss: number; point: Float64Array; penalty: number } = {
    loss: Infinity,
    point: new Float64Array(d + 1),
    penalty: NaN,
  };
  for (const start of startsOf(pairs, d))
    for (const penalty of strength === undefined ? penalties : [strength]) {
      const { point } = minimised(start, (at, gradient) => consistencyLoss(pairs, at, penalty, gradient));
      const loss = consistencyLoss(judged, point, 0);
      if (loss < best.loss - 1e-9) best = { loss, point, penalty };
    }
  const sign = isUpsideDown(train, best.point) ? -1 : 1;
  return {
    weights: best.point.slice(0, d).map((weight) => sign * weight),
    bias: sign * best.point[d]!,
    strength: best.penalty,
  };
};

/** Mean loss of weights and bias [width + 1]; writes the gradient where one is given. */
export function consistencyLoss(
  { plus, minus }: PairRows,
  point: Float64Array,
  penalty: number,
  gradient?: Float64Array,
): number {
  const [n, d] = [plus.rows, plus.columns];
  const weights = point.subarray(0, d);
  const bias = point[d]!;
  const [first, second] = [new Float64Array(n), new Float64Array(n)];
  plus.times(weights, first);
  minus.times(weights, second);
  let [loss, biasSlope] = [0, 0];
  for (let k = 0; k < n; k++) {
    const [p, q] = [sigmoid(first[k]! + bias), sigmoid(second[k]! + bias)];
    const least = Math.min(p, q);
    loss += ((p + q - 1) ** 2 + least ** 2) / n;
    const shared = 2 * (p + q - 1);
    first[k] = ((shared + (p <= q ? 2 * p : 0)) * p * (1 - p)) / n;
    second[k] = ((shared + (q < p ? 2 * q : 0)) * q * (1 - q)) / n;
    biasSlope += first[k]! + second[k]!;
  }
  const square = weights.reduce((sum, weight) => sum + weight * weight, 0);
  if (gradient) {
    const part = new Float64Array(d);
    plus.transposedTimes(first, gradient.subarray(0, d));
    minus.transposedTimes(second, part);
    for (let k = 0; k < d; k++) gradient[k]! += part[k]! + penalty * weights[k]!;
    gradient[d] = biasSlope;
  }
  return loss + (penalty / 2) * square;
}

/** The main component of the differences within pairs, and random directions, at which margins are of the order of 1. */
function startsOf({ plus, minus }: PairRows, d: number): Float64Array[] {
  const n = plus.rows;
  const [first, second] = [new Float64Array(n), new Float64Array(n)];
  const [back, part] = [new Float64Array(d), new Float64Array(d)];
  return Array.from({ length: 1 + RANDOM_STARTS }, (_, k) => {
    let vector: Float64Array = Float64Array.from(stream(0, 'probes.ccs', k).normal(new Float32Array(d)));
    for (let step = 0; k === 0 && step < POWER_STEPS; step++) {
      vector = unitVector(vector);
      plus.times(vector, first);
      minus.times(vector, second);
      const difference = first.map((value, row) => value - second[row]!);
      plus.transposedTimes(difference, back);
      minus.transposedTimes(difference, part);
      vector = back.map((value, at) => value - part[at]!);
    }
    vector = unitVector(vector);
    plus.times(vector, first);
    const spread = Math.sqrt(first.reduce((sum, value) => sum + (value * value) / n, 0)) || 1;
    const start = new Float64Array(d + 1);
    start.set(vector.map((value) => value / spread));
    return start;
  });
}

function isUpsideDown({ operator, labels }: FitRows, point: Float64Array): boolean {
  const scores = new Float64Array(operator.rows);
  operator.times(point.subarray(0, operator.columns), scores);
  return aucOf(scores, labels) < 0.5;
}
