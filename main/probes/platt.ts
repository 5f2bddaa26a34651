/** @file Platt's scaling: a slope and an offset for scores, fitted on a few labels of another task, and what that repairs. */
import { fitLogistic, sigmoid } from '../numerics/logistic';
import { denseRows } from '../numerics/rows-operator';

export interface PlattScaling {
  slope: number;
  offset: number;
}

/** Nearly no penalty, so that separable scores still have a minimum. */
const PENALTY = 1e-4;

/** P(true) = σ(slope·score + offset), by maximum likelihood up to a small penalty. @throws `logistic-input` for labels of one kind */
export function plattScaling(scores: ArrayLike<number>, labels: ArrayLike<number>): PlattScaling {
  const values = Float64Array.from(scores);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) || 1;
  const rows = denseRows(
    values.map((value) => value / spread),
    1,
  );
  const { weights, bias } = fitLogistic(rows, labels, { penalty: PENALTY });
  return { slope: weights[0]! / spread, offset: bias };
}

/** Share of right answers at probability one half, and the expected calibration error over ten bins of equal width. */
export function calibrationOf(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { slope, offset }: PlattScaling = { slope: 1, offset: 0 },
): { accuracy: number; calibrationError: number } {
  const n = labels.length;
  const bins = Array.from({ length: 10 }, () => ({ count: 0, probability: 0, ones: 0 }));
  let right = 0;
  for (let k = 0; k < n; k++) {
    const probability = sigmoid(slope * scores[k]! + offset);
    right += Number(probability > 0.5 === (labels[k] === 1));
    const bin = bins[Math.min(9, Math.floor(10 * probability))]!;
    bin.count += 1;
    bin.probability += probability;
    bin.ones += labels[k]!;
  }
  const error = bins.reduce((sum, { probability, ones }) => sum + Math.abs(probability - ones), 0);
  return { accuracy: right / n, calibrationError: error / n };
}
