/** @file What a probe family is: from standardised items to weights, with its one free setting chosen on validation items. */
import { lowerGram } from '../../numerics/gram';
import { aucOf } from '../../numerics/ranking';
import type { FitRows } from '../standardise';

/** Weights on standardised units: score = weights · z + bias, above 0 for true. */
export interface Fitted {
  weights: Float64Array;
  bias: number;
  /** The setting that was chosen (λ, shrinkage), NaN of a family without one. */
  strength: number;
  /** Units of sparse probes at fixed numbers of them, by number; the largest weights of other families. */
  supports?: ReadonlyMap<number, Int32Array>;
  /** What is used on the task's own items where that differs. */
  inside?: { weights: Float64Array; bias: number };
}

export interface FitOptions {
  /** A setting that was chosen before, for refits of halves and of permuted labels: nothing is searched. */
  strength?: number;
  /** Whether `inside` is wanted: it may cost more than all else. */
  inside?: boolean;
}

/** @throws `logistic-input` for labels of one kind */
export type Family = (train: FitRows, validation: FitRows, options?: FitOptions) => Fitted;

/** AUC of weights on validation items. */
function validationAuc({ operator, labels }: FitRows, weights: Float64Array): number {
  const scores = new Float64Array(operator.rows);
  operator.times(weights, scores);
  return aucOf(scores, labels);
}

/** The best of several fits by validation AUC; of equal ones the first, so list the simplest first. */
export function bestOf<F extends { weights: Float64Array }>(
  validation: FitRows,
  fits: Iterable<F>,
  patience = Infinity,
): F {
  let best: F | null = null;
  let found = -Infinity;
  let since = 0;
  for (const fit of fits) {
    const auc = validationAuc(validation, fit.weights);
    // Rounding must not choose: what is better by less than one swapped pair in ten thousand is equal.
    if (best === null || auc > found + 1e-4) {
      best = fit;
      found = Math.max(auc, found);
      since = 0;
    } else if (++since >= patience) break;
  }
  return best!;
}

/** The `size` units with the largest absolute weights, ascending; of equal ones the first. */
export function largestUnits(weights: ArrayLike<number>, size: number): Int32Array {
  const order = Int32Array.from({ length: weights.length }, (_, k) => k).sort(
    (a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!) || a - b,
  );
  return order.slice(0, size).sort();
}

/** Means of the standardised units of either label, [width] each. */
export function classMeans({ values, operator, labels }: FitRows): [zeros: Float64Array, ones: Float64Array] {
  const { columns } = operator;
  const means = [new Float64Array(columns), new Float64Array(columns)] as [Float64Array, Float64Array];
  const counts = [0, 0];
  for (const label of labels) counts[label]! += 1;
  for (let row = 0, at = 0; row < labels.length; row++)
    for (let k = 0, mean = means[labels[row]!]!, n = counts[labels[row]!]!; k < columns; k++, at++)
      mean[k]! += values[at]! / n;
  return means;
}

/** Bias at which the middle of the class means scores 0. */
export function middleBias(
  weights: Float64Array,
  [zeros, ones]: readonly [Float64Array, Float64Array],
): number {
  return -weights.reduce((sum, weight, k) => sum + (weight * (zeros[k]! + ones[k]!)) / 2, 0);
}

/** [width, width] covariance within the classes, divisor n − 2. */
export function withinCovariance(rows: FitRows, means: readonly [Float64Array, Float64Array]): Float64Array {
  const { values, operator, labels } = rows;
  const { columns: d, rows: n } = operator;
  const centred = values.map((value, at) => value - means[labels[Math.floor(at / d)]!]![at % d]!);
  const out = lowerGram(centred, d);
  const divisor = Math.max(1, n - 2);
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) out[i * d + j] = out[j * d + i] = out[i * d + j]! / divisor;
  return out;
}
