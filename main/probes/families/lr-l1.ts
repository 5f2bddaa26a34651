/**
 * @file Sparse logistic regression: FISTA (Beck and Teboulle 2009) along a path of penalties, each from the one before, on the
 * few units that can have a weight.
 */
import { logLoss, sigmoid } from '../../numerics/logistic';
import type { FitRows } from '../standardise';
import { largestUnits, type Family, type Fitted } from './family';

/** Numbers of units at which supports are compared. */
export const supportSizes = [10, 25, 50, 100] as const;

const STEPS = 1500;
/** Of the largest move of a weight in a step, at which one penalty's problem is solved: weights are of the order of 0.1. */
const TOLERANCE = 1e-5;
/** The path: 30 penalties from λmax to a hundredth of it. */
const PATH = 30;
const LAST_SHARE = 0.01;
/** Penalties after the smallest validation loss, once the largest support is reached. */
const PATIENCE = 2;

export interface L1Point {
  penalty: number;
  weights: Float64Array;
  bias: number;
}

/** λ = max |Zᵀ(y − ȳ)|/n, from which on every weight is 0. */
export function largestPenalty({ operator, labels }: Pick<FitRows, 'operator' | 'labels'>): number {
  const n = labels.length;
  const mean = labels.reduce((sum, label) => sum + label, 0) / n;
  const gradient = new Float64Array(operator.columns);
  operator.transposedTimes(
    Float64Array.from(labels, (label) => (label - mean) / n),
    gradient,
  );
  return gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Minimises mean log-loss + λ·|w|₁ with a free bias at each penalty in turn; `penalties` descend. */
export function* l1Path(
  rows: FitRows,
  penalties: Iterable<number>,
  tolerance = TOLERANCE,
): Generator<L1Point> {
  const problem = new L1Problem(rows, tolerance);
  for (const penalty of penalties) {
    problem.solve(penalty);
    yield { penalty, weights: problem.weights.slice(), bias: problem.bias };
  }
}

export const logisticL1: Family = (train, validation, { strength } = {}) => {
  if (strength !== undefined) {
    // A support of permuted labels or of a half is looked for at the penalty of the whole.
    const [point] = l1Path(train, [strength]);
    return { ...point!, strength };
  }
  const largest = largestPenalty(train);
  const grid = Array.from({ length: PATH }, (_, k) => largest * LAST_SHARE ** ((k + 1) / PATH));
  const supports = new Map<number, Int32Array>();
  let best: Fitted | null = null;
  let [loss, since] = [Infinity, 0];
  let last: L1Point | null = null;
  const margins = new Float64Array(validation.operator.rows);
  for (const point of l1Path(train, grid)) {
    last = point;
    const count = point.weights.reduce((sum, weight) => sum + Number(weight !== 0), 0);
    for (const size of supportSizes)
      if (count >= size && !supports.has(size)) supports.set(size, largestUnits(point.weights, size));
    validation.operator.times(point.weights, margins);
    const found = logLoss(
      margins.map((margin) => margin + point.bias),
      validation.labels,
    );
    if (found < loss) {
      best = { weights: point.weights, bias: point.bias, strength: point.penalty };
      loss = found;
      since = 0;
    } else if (++since >= PATIENCE && supports.has(supportSizes.at(-1)!)) break;
  }
  for (const size of supportSizes)
    if (!supports.has(size)) supports.set(size, largestUnits(last!.weights, size));
  return { ...best!, supports };
};

class L1Problem {
  readonly weights: Float64Array;
  bias: number;
  readonly #columns: Float64Array[];
  readonly #labels: Uint8Array;
  readonly #gradient: Float64Array;
  readonly #margins: Float64Array;
  readonly #rows: FitRows;
  #before = Infinity;

  constructor(
    rows: FitRows,
    readonly tolerance: number,
  ) {
    const { values, operator, labels } = rows;
    const { rows: n, columns: d } = operator;
    this.#rows = rows;
    this.#labels = labels;
    this.weights = new Float64Array(d);
    const share = labels.reduce((sum, label) => sum + label, 0) / n;
    this.bias = Math.log(share / (1 - share));
    const turned = new Float64Array(n * d);
    for (let row = 0, at = 0; row < n; row++)
      for (let k = 0; k < d; k++, at++) turned[k * n + row] = values[at]!;
    this.#columns = Array.from({ length: d }, (_, k) => turned.subarray(k * n, (k + 1) * n));
    this.#gradient = new Float64Array(d);
    this.#margins = new Float64Array(n);
    this.#measure();
  }

  solve(penalty: number): void {
    const { weights } = this;
    // Strong rule (Tibshirani and others 2012): others are unlikely to enter; those that do are found below.
    const bound = Number.isFinite(this.#before) ? 2 * penalty - this.#before : penalty / 2;
    const chosen = new Set<number>();
    weights.forEach((weight, k) => {
      if (weight !== 0 || Math.abs(this.#gradient[k]!) >= bound) chosen.add(k);
    });
    for (;;) {
      this.#fista(
        [...chosen].sort((a, b) => a - b),
        penalty,
      );
      this.#measure();
      const missed = [...this.#gradient.keys()].filter(
        (k) => !chosen.has(k) && Math.abs(this.#gradient[k]!) > penalty * (1 + 1e-6),
      );
      if (missed.length === 0) break;
      for (const k of missed) chosen.add(k);
    }
    this.#before = penalty;
  }

  /** Margins and the whole gradient at the present weights. */
  #measure(): void {
    const { operator } = this.#rows;
    operator.times(this.weights, this.#margins);
    const n = this.#labels.length;
    const residual = this.#margins.map((margin, i) => (sigmoid(margin + this.bias) - this.#labels[i]!) / n);
    operator.transposedTimes(residual, this.#gradient);
  }

  #fista(units: number[], penalty: number): void {
    const n = this.#labels.length;
    const columns = units.map((k) => this.#columns[k]!);
    const step = 1 / (this.#squaredNorm(columns) / (4 * n));
    const size = units.length;
    let now = Float64Array.from([...units.map((k) => this.weights[k]!), this.bias]);
    let ahead = now.slice();
    let momentum = 1;
    const margins = new Float64Array(n);
    for (let iteration = 0; iteration < STEPS; iteration++) {
      margins.fill(ahead[size]!);
      for (let u = 0; u < size; u++) {
        const [weight, column] = [ahead[u]!, columns[u]!];
        if (weight !== 0) for (let i = 0; i < n; i++) margins[i]! += weight * column[i]!;
      }
      let bias = 0;
      for (let i = 0; i < n; i++) {
        margins[i] = (sigmoid(margins[i]!) - this.#labels[i]!) / n;
        bias += margins[i]!;
      }
      const next = new Float64Array(size + 1);
      for (let u = 0; u < size; u++) {
        const column = columns[u]!;
        let slope = 0;
        for (let i = 0; i < n; i++) slope += margins[i]! * column[i]!;
        const value = ahead[u]! - step * slope;
        next[u] = Math.sign(value) * Math.max(0, Math.abs(value) - step * penalty);
      }
      next[size] = ahead[size]! - step * bias;
      let [move, along] = [0, 0];
      for (let u = 0; u <= size; u++) {
        move = Math.max(move, Math.abs(next[u]! - now[u]!));
        along += (ahead[u]! - next[u]!) * (next[u]! - now[u]!);
      }
      // Momentum that points uphill is dropped (O'Donoghue and Candès 2015).
      const after = along > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
      const share = along > 0 ? 0 : (momentum - 1) / after;
      ahead = next.map((value, u) => value + share * (value - now[u]!));
      now = next;
      momentum = after;
      if (move <= this.tolerance) break;
    }
    this.weights.fill(0);
    units.forEach((k, u) => (this.weights[k] = now[u]!));
    this.bias = now[size]!;
  }

  /** The largest squared singular value of the columns with one of ones beside them, from above. */
  #squaredNorm(columns: readonly Float64Array[]): number {
    const n = this.#labels.length;
    let vector = new Float64Array(columns.length + 1).fill(1);
    let norm = n;
    for (let sweep = 0; sweep < 12; sweep++) {
      const image = new Float64Array(n).fill(vector[columns.length]!);
      columns.forEach((column, u) => {
        for (let i = 0; i < n; i++) image[i]! += vector[u]! * column[i]!;
      });
      const back = Float64Array.from(vector, (_, u) =>
        image.reduce((sum, value, i) => sum + value * (columns[u]?.[i] ?? 1), 0),
      );
      norm = Math.sqrt(back.reduce((sum, value) => sum + value ** 2, 0));
      vector = back.map((value) => value / norm);
    }
    // Power iteration comes from below; the step must not be too long.
    return 1.1 * norm;
  }
}
