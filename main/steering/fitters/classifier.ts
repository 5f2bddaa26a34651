/** @file A linear classifier of source against target per group of units: its normal, and its accuracy on rows that it did not see. */
import { stream } from '../../../native-models';
import { choleskyFactor, solveFactored } from '../../numerics/cholesky';
import type { Sides } from '../samples';

/** Of the rows of a side, those that a group's accuracy is measured on. */
const HELD_OUT = 0.25;
/** λ of mean log loss + (λ/2)|θ|² on standardised units: heads are as wide as there are texts, so it cannot be 0. */
const PENALTY = 0.01;
const MOST_STEPS = 50;

/**
 * Logistic regression on every group of `groupWidth` neighbouring units, standardised. The normal, in the units of the
 * activations and of length 1, is that of all rows; the accuracy is that of a classifier of three quarters of the rows on the
 * others, a seeded choice. Both have one number per unit. A group without spread has normal 0 and merit ½.
 */
export function groupMerits({ source, target }: Sides, groupWidth: number, seed: number) {
  const columns = source.columns;
  const normals = new Float64Array(columns);
  const merit = new Float64Array(columns);
  const order = [source.rows, target.rows].map((rows, side) =>
    stream(seed, 'steering heads', side).permutation(rows),
  );
  for (let first = 0; first < columns; first += groupWidth) {
    const width = Math.min(groupWidth, columns - first);
    const rows = [source, target].flatMap(({ data, rows: count }, side) =>
      Array.from({ length: count }, (_, place) => ({
        at: order[side]![place]! * columns + first,
        data,
        label: side,
        held: place < Math.floor(count * HELD_OUT),
      })),
    );
    const seen = rows.filter(({ held }) => !held);
    const unseen = rows.filter(({ held }) => held);
    const judge = classifierOf(seen, width);
    const right = unseen.filter(
      (row) => scoreOf(judge, row) > 0 === (row.label === 1) && scoreOf(judge, row) !== 0,
    ).length;
    const accuracy = unseen.length > 0 ? right / unseen.length : 0.5;
    const { weights } = classifierOf(rows, width);
    const length = Math.hypot(...weights);
    for (let k = 0; k < width; k++) {
      normals[first + k] = length > 0 ? weights[k]! / length : 0;
      merit[first + k] = length > 0 ? accuracy : 0.5;
    }
  }
  return { normals, merit };
}

interface Row {
  data: Float32Array;
  /** Where its units begin. */
  at: number;
  label: number;
}

interface Classifier {
  /** In the units of the activations. */
  weights: Float64Array;
  bias: number;
}

function scoreOf({ weights, bias }: Classifier, { data, at }: Row): number {
  return weights.reduce((sum, weight, k) => sum + weight * data[at + k]!, bias);
}

/** Newton's method; the loss is convex and the penalty makes the matrix definite, so few steps suffice. */
function classifierOf(rows: readonly Row[], width: number): Classifier {
  const { means, scales } = standardisation(rows, width);
  const size = width + 1;
  const inputs = rows.map(({ data, at }) =>
    Float64Array.from({ length: size }, (_, k) =>
      k === width ? 1 : scales[k]! > 0 ? (data[at + k]! - means[k]!) / scales[k]! : 0,
    ),
  );
  const theta = new Float64Array(size);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = theta.map((value, k) => (k < width ? PENALTY * value : 0));
    const hessian = new Float64Array(size * size);
    for (let k = 0; k < size; k++) hessian[k * size + k] = k < width ? PENALTY : 1e-9;
    inputs.forEach((x, row) => {
      const share = 1 / (1 + Math.exp(-x.reduce((sum, value, k) => sum + value * theta[k]!, 0)));
      const error = (share - rows[row]!.label) / rows.length;
      const curvature = (share * (1 - share)) / rows.length;
      for (let i = 0; i < size; i++) {
        gradient[i]! += error * x[i]!;
        const scaled = curvature * x[i]!;
        for (let j = 0; j <= i; j++) hessian[i * size + j]! += scaled * x[j]!;
      }
    });
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) hessian[j * size + i] = hessian[i * size + j]!;
    const factor = choleskyFactor(hessian, size);
    if (!factor) break;
    const move = solveFactored(factor, size, gradient);
    for (let k = 0; k < size; k++) theta[k]! -= move[k]!;
    if (Math.hypot(...move) < 1e-10 * (1 + Math.hypot(...theta))) break;
  }
  const weights = Float64Array.from({ length: width }, (_, k) =>
    scales[k]! > 0 ? theta[k]! / scales[k]! : 0,
  );
  const bias = weights.reduce((sum, weight, k) => sum - weight * means[k]!, theta[width]!);
  return { weights, bias };
}

function standardisation(rows: readonly Row[], width: number) {
  const means = new Float64Array(width);
  const scales = new Float64Array(width);
  for (const { data, at } of rows) for (let k = 0; k < width; k++) means[k]! += data[at + k]! / rows.length;
  for (const { data, at } of rows)
    for (let k = 0; k < width; k++) scales[k]! += (data[at + k]! - means[k]!) ** 2 / rows.length;
  return {
    means,
    scales: scales.map((variance, k) => (variance > (means[k]! * 1e-7) ** 2 ? Math.sqrt(variance) : 0)),
  };
}
