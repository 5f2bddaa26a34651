/** @file Logistic regression with a squared penalty and a free bias, by Newton's method with conjugate gradients. */
import { MongeError } from '../../native-models/error';
import type { RowsOperator } from './rows-operator';

export interface LogisticOptions {
  /** λ of mean log-loss + (λ/2)·|w|²; above 0. The bias is not penalised. */
  penalty: number;
  /** Where to begin, such as the solution at the penalty before; zeros when left out. */
  start?: { weights: Float64Array; bias: number };
  /** The largest entry of the gradient at which it ends. Default 1e-5, at which AUCs no longer move in the third digit. */
  tolerance?: number;
  /** Newton steps. Default 100. */
  iterations?: number;
}

export interface LogisticFit {
  weights: Float64Array;
  bias: number;
  /** Of the penalised objective, its largest entry. */
  gradient: number;
  iterations: number;
}

const CONJUGATE_STEPS = 250;
const HALVINGS = 40;

/**
 * Fits P(y = 1) = σ(X·w + b) to labels of 0 and 1 [rows]. Deterministic; the minimum is unique, so parity with other solvers
 * is a matter of the tolerance.
 * @throws `logistic-input` for a penalty that is not above 0, labels of one kind only, or values that are not finite
 */
export function fitLogistic(
  x: RowsOperator,
  labels: ArrayLike<number>,
  { penalty, start, tolerance = 1e-5, iterations = 100 }: LogisticOptions,
): LogisticFit {
  const n = x.rows;
  checkInput(x, labels, penalty);
  // The bias is the last of the unknowns.
  const d = x.columns;
  let point = new Float64Array(d + 1);
  if (start) point.set(start.weights);
  if (start) point[d] = start.bias;
  else point[d] = logit(Array.from(labels).reduce((sum, label) => sum + label, 0) / n);
  const margins = new Float64Array(n);
  const moved = new Float64Array(n);
  const residual = new Float64Array(n);
  const curvature = new Float64Array(n);
  marginsOf(x, point, margins);
  let value = objective(margins, labels, point, d, penalty);
  let step = 0;
  let size = Infinity;
  for (; step < iterations; step++) {
    let [biasGradient, biasCurvature] = [0, 0];
    for (let i = 0; i < n; i++) {
      const p = sigmoid(margins[i]!);
      residual[i] = (p - labels[i]!) / n;
      curvature[i] = Math.max(p * (1 - p), 1e-12) / n;
      biasGradient += residual[i]!;
      biasCurvature += curvature[i]!;
    }
    const gradient = new Float64Array(d + 1);
    x.transposedTimes(residual, gradient.subarray(0, d));
    for (let k = 0; k < d; k++) gradient[k]! += penalty * point[k]!;
    gradient[d] = biasGradient;
    size = gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    if (!(size > tolerance)) break;
    const direction = newtonDirection(x, curvature, gradient, penalty, biasCurvature);
    marginsOf(x, direction, moved);
    const slope = gradient.reduce((sum, entry, k) => sum + entry * direction[k]!, 0);
    let length = 1;
    let found = false;
    for (let half = 0; half < HALVINGS && !found; half++, length /= 2) {
      const next = point.map((entry, k) => entry + length * direction[k]!);
      const trial = margins.map((entry, i) => entry + length * moved[i]!);
      const reached = objective(trial, labels, next, d, penalty);
      // Near the end the objective no longer changes in double precision, while the gradient still does.
      if (!(reached <= value + 1e-4 * length * slope + 1e-15 * Math.abs(value))) continue;
      point = next;
      margins.set(trial);
      value = reached;
      found = true;
    }
    if (!found) break;
  }
  return { weights: point.slice(0, d), bias: point[d]!, gradient: size, iterations: step };
}

export function sigmoid(value: number): number {
  return value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value));
}

/** ln(1 + e^value) without overflow. */
function softplus(value: number): number {
  return value > 0 ? value + Math.log1p(Math.exp(-value)) : Math.log1p(Math.exp(value));
}

/** Mean log-loss of margins [n] for labels of 0 and 1. */
export function logLoss(margins: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum += softplus(margins[i]!) - labels[i]! * margins[i]!;
  return sum / labels.length;
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}

function marginsOf(x: RowsOperator, point: Float64Array, out: Float64Array): void {
  const bias = point[x.columns]!;
  x.times(point.subarray(0, x.columns), out);
  for (let i = 0; i < out.length; i++) out[i]! += bias;
}

function objective(
  margins: Float64Array,
  labels: ArrayLike<number>,
  point: Float64Array,
  d: number,
  penalty: number,
): number {
  let square = 0;
  for (let k = 0; k < d; k++) square += point[k]! ** 2;
  return logLoss(margins, labels) + (penalty / 2) * square;
}

/** Conjugate gradients on the Hessian, as far as the gradient's size makes it worth while (Dembo and Steihaug 1983). */
function newtonDirection(
  x: RowsOperator,
  curvature: Float64Array,
  gradient: Float64Array,
  penalty: number,
  biasCurvature: number,
): Float64Array {
  const d = x.columns;
  const found = new Float64Array(d + 1);
  const rest = gradient.map((entry) => -entry);
  // Standardised columns have nearly the same curvature, so that only the bias needs another scale.
  const scale = biasCurvature + penalty;
  const scaled = () => rest.map((entry, k) => entry / (k === d ? biasCurvature : scale));
  let z = scaled();
  let search = z.slice();
  let power = dot(rest, z);
  const wanted = power * Math.min(0.25, Math.sqrt(Math.sqrt(power))) ** 2;
  const across = new Float64Array(curvature.length);
  const image = new Float64Array(d + 1);
  for (let step = 0; step < CONJUGATE_STEPS && power > wanted && power > 0; step++) {
    marginsOf(x, search, across);
    let bias = 0;
    for (let i = 0; i < across.length; i++) bias += across[i]! *= curvature[i]!;
    x.transposedTimes(across, image.subarray(0, d));
    for (let k = 0; k < d; k++) image[k]! += penalty * search[k]!;
    image[d] = bias;
    const length = power / dot(search, image);
    for (let k = 0; k <= d; k++) {
      found[k]! += length * search[k]!;
      rest[k]! -= length * image[k]!;
    }
    z = scaled();
    const next = dot(rest, z);
    const ratio = next / power;
    search = search.map((entry, k) => z[k]! + ratio * entry);
    power = next;
  }
  return found;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function checkInput(x: RowsOperator, labels: ArrayLike<number>, penalty: number): void {
  const positives = Array.from(labels).filter((label) => label === 1).length;
  const others = Array.from(labels).filter((label) => label === 0).length;
  const problem = !(penalty > 0 && Number.isFinite(penalty))
    ? ['a penalty above 0', String(penalty)]
    : positives + others !== labels.length || labels.length !== x.rows
      ? ['a label of 0 or 1 for every row', `${labels.length} labels of ${x.rows} rows`]
      : positives === 0 || others === 0
        ? ['rows with either label', `${positives} ones, ${others} zeros`]
        : null;
  if (!problem) return;
  throw new MongeError({
    code: 'logistic-input',
    blame: 'input',
    what: 'a logistic regression cannot be fitted to this',
    expected: problem[0]!,
    got: problem[1]!,
  });
}
