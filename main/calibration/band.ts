/** @file How far coverage may lie from its level by chance alone: exact laws of one calibration and one test draw. */
import jstat from 'jstat';
import { rankFor } from './quantile';

/** Lower and upper end, as shares of rows. */
export type Interval = [number, number];

/** Terms of a sum of probabilities below this share of the largest change no digit. */
const NEGLIGIBLE = 1e-25;

/**
 * Central interval of the share of hits among m test rows after one draw of n calibration rows: hits are
 * Beta-binomial(m, k, n + 1 − k). Its ends are the quantiles at (1 − level)/2 and (1 + level)/2, so at least `level` of
 * the draws lie within, ends included. A coverage outside the 99.9 % band means that the parts of the split are not
 * alike, or a wrong threshold.
 */
export function hitBand(n: number, alpha: number, m: number, level = 0.999): Interval {
  const rank = rankFor(n, alpha);
  if (rank > n || m === 0) return [1, 1];
  const chances = betaBinomial(m, rank, n + 1 - rank);
  const tail = (1 - level) / 2;
  return [quantile(chances, tail) / m, upperQuantile(chances, tail) / m];
}

/** Expected coverage k/(n + 1): at least 1 − α and less than 1/(n + 1) above it. */
export function meanCoverage(n: number, alpha: number): number {
  return rankFor(n, alpha) / (n + 1);
}

/** Variance of the share of hits among m test rows over both draws: μ(1 − μ)(n + 1 + m)/(m(n + 2)); m may be Infinity. */
export function coverageVariance(n: number, alpha: number, m: number): number {
  const mean = meanCoverage(n, alpha);
  const share = m === Infinity ? 1 : (n + 1 + m) / m;
  return (mean * (1 - mean) * share) / (n + 2);
}

/**
 * Where the mean share of hits over S draws of n calibration and m test rows must lie: k/(n + 1) ± `errors` standard
 * errors, which 3.5 of make a false alarm rarer than 1 in 2,000. `draws` must be independent. Repeated splits of one
 * table are not: judge each by `hitBand`, and give twice the errors here.
 */
export function meanBand(n: number, alpha: number, m: number, draws: number, errors = 3.5): Interval {
  const mean = meanCoverage(n, alpha);
  const half = errors * Math.sqrt(coverageVariance(n, alpha, m) / draws);
  return [Math.max(0, mean - half), Math.min(1, mean + half)];
}

/**
 * Clopper and Pearson's exact interval of a chance behind `hits` of `count` independent rows; [0, 1] of no rows. Never
 * covers less than `level`.
 */
export function chanceInterval(hits: number, count: number, level = 0.95): Interval {
  const tail = (1 - level) / 2;
  return [
    hits === 0 ? 0 : jstat.beta.inv(tail, hits, count - hits + 1),
    hits === count ? 1 : jstat.beta.inv(1 - tail, hits + 1, count - hits),
  ];
}

/**
 * Percentile bootstrap of a share of hits in the limit of endlessly many resamples: those are binomial at the rate seen.
 */
export function shareBootstrap(hits: number, count: number, level = 0.95): Interval {
  if (hits === 0 || hits === count) return [hits / count, hits / count];
  const odds = hits / (count - hits);
  const chances = outwards(count, hits, (h) => ((count - h) / (h + 1)) * odds);
  const tail = (1 - level) / 2;
  return [quantile(chances, tail) / count, upperQuantile(chances, tail) / count];
}

/** Chances of 0 … m hits, C(m, h) B(h + a, m − h + b)/B(a, b), a and b above 0. */
export function betaBinomial(m: number, a: number, b: number): Float64Array {
  const peak = Math.min(m, Math.max(0, Math.round((m * a) / (a + b))));
  return outwards(m, peak, (h) => ((m - h) * (h + a)) / ((h + 1) * (m - h - 1 + b)));
}

/**
 * Chances of 0 … m from the ratio of each next one to its predecessor, built outwards from near the largest: needs no
 * gamma function, and so loses no digits for large numbers.
 */
function outwards(m: number, peak: number, ratio: (h: number) => number): Float64Array {
  const chances = new Float64Array(m + 1);
  chances[peak] = 1;
  let largest = 1;
  for (let h = peak; h < m; h++) {
    chances[h + 1] = chances[h]! * ratio(h);
    largest = Math.max(largest, chances[h + 1]!);
    if (chances[h + 1]! < NEGLIGIBLE * largest) break;
  }
  for (let h = peak; h > 0; h--) {
    chances[h - 1] = chances[h]! / ratio(h - 1);
    largest = Math.max(largest, chances[h - 1]!);
    if (chances[h - 1]! < NEGLIGIBLE * largest) break;
  }
  const sum = chances.reduce((total, chance) => total + chance, 0);
  return chances.map((chance) => chance / sum);
}

/** The least h with P(at most h) ≥ tail. */
function quantile(chances: Float64Array, tail: number): number {
  let sum = 0;
  for (let h = 0; h < chances.length; h++) if ((sum += chances[h]!) >= tail) return h;
  return chances.length - 1;
}

/** The least h with P(more than h) ≤ tail, summed from above to keep the digits of a small tail. */
function upperQuantile(chances: Float64Array, tail: number): number {
  let sum = 0;
  for (let h = chances.length - 1; h > 0; h--) if ((sum += chances[h]!) > tail) return h;
  return 0;
}
