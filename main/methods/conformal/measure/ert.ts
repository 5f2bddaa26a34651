/** @file Excess risk of target coverage: how far conditional coverage differs from its target, as far as x can tell. */
import { stream } from '../../../../native-models';
import { choleskyFactor, solveFactored } from '../../../numerics/cholesky';
import { chanceOf, simulatedHits, type Chance } from './chance';

/** Fewer rows do not make five folds that could tell anything. */
const FEWEST_ROWS = 50;

/**
 * Excess risk of target coverage (arXiv 2512.11779) of each of `sets` of hits [rows], such as those of several scores, at
 * features `x` [rows, features], standardised: estimates E|P(hit | x) − τ|, a share, with τ = 1 − α; chance can make it
 * negative. h(x) predicts a hit by a model that has not seen the row: `predictHits`. The estimate is the mean of
 * sign(h − τ)·(hit − τ), what one wins by betting against the target with h: up to chance it does not exceed the value, and
 * the best h reaches it. `chance` is that of independent hits on the same rows: a value within it shows nothing. Null below
 * 50 rows.
 */
export function excessRisks(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  simulations = 40,
): { risks: number[]; chance: Chance } | null {
  const rows = x.length / features;
  if (rows < FEWEST_ROWS || features === 0) return null;
  const all = [...sets, ...simulatedHits(simulations, rows, alpha, seed)];
  const predicted = predictHits(x, features, all, seed);
  const risks = all.map((hits, set) => riskOf(predicted[set]!, hits, alpha));
  return { risks: risks.slice(0, sets.length), chance: chanceOf(risks.slice(sets.length)) };
}

function riskOf(predicted: Float64Array, hits: Uint8Array, alpha: number): number {
  const target = 1 - alpha;
  return hits.reduce((sum, hit, row) => {
    const guess = Math.min(1, Math.max(0, predicted[row]!));
    return sum + (Math.sign(guess - target) * (hit - target)) / hits.length;
  }, 0);
}

const FOLDS = 5;
const RANDOM_FEATURES = 100;
/** Each random feature looks at this many features at most: conditional coverage mostly depends on few at a time. */
const MOST_INPUTS = 3;
/** Ridge penalties per training row, for columns of variance 1; which one is chosen within the training folds. */
const PENALTIES = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
/** Beyond so many standard deviations features no longer pull at the fit. */
const MOST_DEVIATIONS = 4;
/** Penalty of the intercept: only so large that the matrix has a factor. */
const JITTER = 1e-10;

/**
 * For every set of hits [rows] a prediction [rows] of each row's hit by a model that has not seen the row: five folds,
 * ridge with an intercept on the features and 100 random ReLU features of them, the penalty by four folds within the
 * training rows, for each set of hits on its own. `x` [rows, features], standardised. The factors depend on x alone and
 * serve all sets.
 */
function predictHits(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  seed: number,
): Float64Array[] {
  const rows = sets[0]!.length;
  const { columns, width } = design(x, features, rows, seed);
  const order = stream(seed, 'conformal.ert.folds').permutation(rows);
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const members = order.filter((_, place) => place % FOLDS === fold);
    return { members, gram: gramOf(columns, width, members), ...momentsWith(columns, width, members, sets) };
  });
  type Fold = (typeof folds)[number];
  const predictions = sets.map(() => new Float64Array(rows));
  // errors[left out][penalty][set]: of models that saw neither the left-out fold nor the one they are judged on.
  const errors = folds.map(() => PENALTIES.map(() => new Float64Array(sets.length)));
  for (let first = 0; first < FOLDS; first++)
    for (let second = 0; second < first; second++) {
      const training = folds.filter((_, fold) => fold !== first && fold !== second);
      fitAll(training, (penalty, set, weights) => {
        errors[first]![penalty]![set]! += squaredError(folds[second]!, set, weights);
        errors[second]![penalty]![set]! += squaredError(folds[first]!, set, weights);
      });
    }
  for (const [left, fold] of folds.entries()) {
    const chosen = sets.map((_, set) => least(errors[left]!.map((bySet) => bySet[set]!)));
    const training = folds.filter((other) => other !== fold);
    fitAll(training, (penalty, set, weights) => {
      if (chosen[set] !== penalty) return;
      for (const row of fold.members) {
        let sum = 0;
        for (let k = 0, at = row * width; k < width; k++, at++) sum += columns[at]! * weights[k]!;
        predictions[set]![row] = sum;
      }
    });
  }
  return predictions;

  function fitAll(
    training: readonly Fold[],
    use: (penalty: number, set: number, weights: Float64Array) => void,
  ): void {
    const count = training.reduce((sum, fold) => sum + fold.members.length, 0);
    const gram = new Float64Array(width * width);
    for (const fold of training) for (let k = 0; k < gram.length; k++) gram[k]! += fold.gram[k]!;
    const right = sets.map((_, set) => {
      const sum = new Float64Array(width);
      for (const fold of training) for (let k = 0; k < width; k++) sum[k]! += fold.moments[set]![k]!;
      return sum;
    });
    for (const [index, penalty] of PENALTIES.entries()) {
      const matrix = Float64Array.from(gram);
      for (let k = 0; k < width; k++) matrix[k * width + k]! += count * (k === 0 ? JITTER : penalty);
      const factor = choleskyFactor(matrix, width);
      if (!factor) continue;
      for (const [set, vector] of right.entries())
        use(index, set, solveFactored(factor, width, Float64Array.from(vector)));
    }
  }

  /** Σ (hit − w·c)² over a fold, from its sums of products. */
  function squaredError(fold: Fold, set: number, weights: Float64Array): number {
    let sum = fold.hits[set]!;
    for (let j = 0; j < width; j++) {
      let along = 0;
      for (let k = 0; k < width; k++) along += fold.gram[j * width + k]! * weights[k]!;
      sum += weights[j]! * (along - 2 * fold.moments[set]![j]!);
    }
    return sum;
  }
}

/** Columns 1, features, and relu(w·(x − x_r)) with few nonzero w and kinks at random rows r; all but the first of mean 0 and variance 1. */
function design(x: Float32Array, features: number, rows: number, seed: number) {
  const clipped = x.map((value) => Math.min(MOST_DEVIATIONS, Math.max(-MOST_DEVIATIONS, value)));
  const width = 1 + features + RANDOM_FEATURES;
  const columns = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    columns[row * width] = 1;
    for (let k = 0; k < features; k++) columns[row * width + 1 + k] = clipped[row * features + k]!;
  }
  const source = stream(seed, 'conformal.ert.features');
  const weights = new Float32Array(MOST_INPUTS);
  const inputs = new Int32Array(MOST_INPUTS);
  const pick = new Int32Array(1);
  for (let unit = 0; unit < RANDOM_FEATURES; unit++) {
    source.normal(weights);
    source.integers(inputs, features);
    const used = 1 + source.integers(pick, MOST_INPUTS)[0]!;
    const kink = source.integers(pick, rows)[0]!;
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < used; k++)
        sum += weights[k]! * (clipped[row * features + inputs[k]!]! - clipped[kink * features + inputs[k]!]!);
      columns[row * width + 1 + features + unit] = Math.max(0, sum);
    }
  }
  for (let k = 1; k < width; k++) standardiseColumn(columns, width, rows, k);
  return { columns, width };
}

/** A column without spread becomes 0, so that it has no part in the fit. */
function standardiseColumn(columns: Float64Array, width: number, rows: number, k: number): void {
  let [mean, square] = [0, 0];
  for (let row = 0; row < rows; row++) mean += columns[row * width + k]! / rows;
  for (let row = 0; row < rows; row++) square += (columns[row * width + k]! - mean) ** 2 / rows;
  const scale = square > 1e-12 ? 1 / Math.sqrt(square) : 0;
  for (let row = 0; row < rows; row++) columns[row * width + k] = (columns[row * width + k]! - mean) * scale;
}

function gramOf(columns: Float64Array, width: number, members: Int32Array): Float64Array {
  const gram = new Float64Array(width * width);
  for (const row of members) {
    const at = row * width;
    for (let j = 0; j < width; j++) {
      const value = columns[at + j]!;
      if (value === 0) continue;
      for (let k = 0; k <= j; k++) gram[j * width + k]! += value * columns[at + k]!;
    }
  }
  for (let j = 0; j < width; j++) for (let k = 0; k < j; k++) gram[k * width + j] = gram[j * width + k]!;
  return gram;
}

/** For each set of hits Σ hit·column over the members, and Σ hit² = Σ hit. */
function momentsWith(columns: Float64Array, width: number, members: Int32Array, sets: readonly Uint8Array[]) {
  const moments = sets.map((hits) => {
    const sum = new Float64Array(width);
    for (const row of members)
      if (hits[row] === 1) for (let k = 0; k < width; k++) sum[k]! += columns[row * width + k]!;
    return sum;
  });
  return { moments, hits: moments.map((sum) => sum[0]!) };
}

function least(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value < values[best]! ? index : best), 0);
}
