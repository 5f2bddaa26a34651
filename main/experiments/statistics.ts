/** @file Statistics of few seeds: means, exact paired tests, and bootstrap intervals that repeat bit for bit. */
import { stream } from '../../native-models';

/** Up to this many differences all sign patterns are looked at; above, as many are drawn. */
const EXACT_SIGNS = 16;
const DRAWN_SIGNS = 65_536;
/** Up to this many resamples all are taken. Five differences have 5⁵ = 3,125 of them. */
const MOST_RESAMPLES = 50_000;
const DRAWN_RESAMPLES = 10_000;
/** Two seeds can be resampled in four ways: no interval. */
const FEWEST_FOR_INTERVAL = 3;

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation, divisor n − 1; null below two values. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Pooled standard deviation of two groups of the same size, √((s₁² + s₂²)/2); null below two values each. */
export function pooledDeviation(left: readonly number[], right: readonly number[]): number | null {
  const [a, b] = [deviation(left), deviation(right)];
  return a === null || b === null ? null : Math.sqrt((a * a + b * b) / 2);
}

/** `left[i] − right[i]`. */
export function pairedDifferences(left: readonly number[], right: readonly number[]): number[] {
  if (left.length !== right.length) throw new RangeError('paired values differ in number');
  return left.map((value, i) => value - right[i]!);
}

/**
 * One-sided exact sign test: the chance of at least as many positive differences if either sign were equally likely,
 * Σ_{k ≥ positive} C(n, k) / 2ⁿ. A difference of exactly 0 counts against the claim, which can only raise the value.
 */
export function signTest(differences: readonly number[]): { positive: number; p: number } {
  const n = differences.length;
  const positive = differences.filter((difference) => difference > 0).length;
  let term = 1; // C(n, k) for k = n, downwards.
  let sum = 0;
  for (let k = n; k >= positive; k--) {
    sum += term;
    term = (term * k) / (n - k + 1);
  }
  return { positive, p: sum / 2 ** n };
}

/**
 * One-sided paired permutation test of the mean: the share of sign patterns whose mean is at least the one seen.
 * Exact for at most 16 differences; above, 65,536 patterns keyed by the number of differences, the one seen included.
 */
export function signFlipTest(differences: readonly number[]): number {
  const n = differences.length;
  if (n === 0) return 1;
  const seen = differences.reduce((sum, value) => sum + value, 0);
  // Sums of the same numbers in another order differ in the last bits.
  const slack = 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const exact = n <= EXACT_SIGNS;
  const patterns = exact ? 2 ** n : DRAWN_SIGNS;
  const random = exact ? null : stream(n, 'claims.sign-flips');
  const signs = new Int32Array(n);
  let asLarge = exact ? 0 : 1;
  for (let pattern = 0; pattern < patterns; pattern++) {
    random?.integers(signs, 2);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const flipped = random ? signs[i] === 1 : ((pattern >> i) & 1) === 1;
      sum += flipped ? -differences[i]! : differences[i]!;
    }
    if (sum >= seen - slack) asLarge++;
  }
  return asLarge / (exact ? patterns : patterns + 1);
}

/**
 * Percentile bootstrap interval of the mean (Efron 1979); null below three values. All nⁿ resamples are taken where
 * they are at most 50,000, which is up to six values; above, 10,000 keyed by the number of values.
 */
export function bootstrapInterval(values: readonly number[], level = 0.95): [number, number] | null {
  const n = values.length;
  if (n < FEWEST_FOR_INTERVAL) return null;
  const all = n ** n;
  const exact = all <= MOST_RESAMPLES;
  const count = exact ? all : DRAWN_RESAMPLES;
  const random = exact ? null : stream(n, 'claims.bootstrap');
  const picks = new Int32Array(n);
  const means = new Float64Array(count);
  for (let resample = 0; resample < count; resample++) {
    if (random) random.integers(picks, n);
    else for (let i = 0, rest = resample; i < n; i++, rest = Math.floor(rest / n)) picks[i] = rest % n;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[picks[i]!]!;
    means[resample] = sum / n;
  }
  means.sort();
  const tail = (1 - level) / 2;
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** Least-squares slope of y on x. NaN where x does not vary. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  let [across, along] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    across += (x[i]! - centreX) * (y[i]! - centreY);
    along += (x[i]! - centreX) ** 2;
  }
  return across / along;
}

/** Linear interpolation between ascending values; NaN of nothing. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
