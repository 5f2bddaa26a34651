import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { betaBinomial, chanceInterval, coverageVariance, hitBand, meanBand, meanCoverage } from './band';
import { radiusFor, sortScores } from './quantile';

/** n, α, mean, deviation over calibration draws, 99.9 % bands with 500 and with 2,000 test rows. */
const TABLE = [
  [50, 0.1, '.9020', '.041', '.712-.990', '.718-.988'],
  [100, 0.1, '.9010', '.030', '.768-.978', '.777-.974'],
  [200, 0.1, '.9005', '.021', '.804-.966', '.815-.960'],
  [250, 0.1, '.9004', '.019', '.812-.964', '.824-.955'],
  [500, 0.1, '.9002', '.013', '.830-.954', '.845-.944'],
  [1000, 0.1, '.9001', '.0095', '.842-.948', '.859-.935'],
  [2048, 0.1, '.9004', '.0066', '.848-.946', '.868-.930'],
  [100, 0.2, '.8020', '.0395', '.642-.920', '.652-.914'],
  [500, 0.2, '.8004', '.018', '.712-.878', '.731-.862'],
  [2048, 0.2, '.8004', '.0088', '.732-.862', '.758-.840'],
] as const;

/** To as many digits as `like`; halves go up, as shares of 2,000 rows often end in a half. */
const printed = (value: number, like: string) => (value + 1e-9).toFixed(like.length - 1).replace(/^0/, '');
const range = ([low, high]: [number, number]) => `${printed(low, '.000')}-${printed(high, '.000')}`;

describe('bands of coverage', () => {
  it.each(TABLE)('of %i rows at α = %f are the known ones', (n, alpha, mean, deviation, few, many) => {
    expect(printed(meanCoverage(n, alpha), mean)).toBe(mean);
    expect(printed(Math.sqrt(coverageVariance(n, alpha, Infinity)), deviation)).toBe(deviation);
    expect(range(hitBand(n, alpha, 500))).toBe(few);
    expect(range(hitBand(n, alpha, 2000))).toBe(many);
  });

  it('are certain where every set is the whole space', () => {
    expect(hitBand(8, 0.1, 100)).toEqual([1, 1]);
  });

  it('come from chances with the mean and the variance of the law, also for large numbers', () => {
    for (const [m, a, b] of [
      [7, 2, 3],
      [500, 46, 5],
      [40_000, 18_001, 2_000],
    ] as const) {
      const chances = betaBinomial(m, a, b);
      const mean = chances.reduce((sum, chance, h) => sum + chance * h, 0);
      const variance = chances.reduce((sum, chance, h) => sum + chance * (h - mean) ** 2, 0);
      const share = a / (a + b);
      expect(mean / (m * share)).toBeCloseTo(1, 10);
      expect(variance / ((m * share * (1 - share) * (a + b + m)) / (a + b + 1))).toBeCloseTo(1, 9);
    }
    // C(2, h) B(h + 1, 3 − h)/B(1, 1) is the same for all h.
    expect([...betaBinomial(2, 1, 1)].map((chance) => chance.toFixed(12))).toEqual(
      Array(3).fill('0.333333333333'),
    );
  });

  it('of a chance are those of Clopper and Pearson', () => {
    expect(chanceInterval(0, 10)).toEqual([0, expect.closeTo(1 - 0.025 ** 0.1, 9) as number]);
    expect(chanceInterval(10, 10)[0]).toBeCloseTo(0.025 ** 0.1, 9);
    expect(chanceInterval(0, 0)).toEqual([0, 1]);
  });
});

describe('the mean over independent draws', () => {
  const [n, m, draws, alpha] = [20, 200, 2000, 0.1];

  /** Mean coverage of uniform scores by a threshold, over draws of n calibration and m test rows. */
  function coverageBy(threshold: (sorted: Float64Array) => number): number {
    let hits = 0;
    for (let draw = 0; draw < draws; draw++) {
      const scores = stream(draw, 'test.band').uniform(new Float32Array(n + m));
      const radius = threshold(sortScores(Float64Array.from(scores.subarray(0, n))));
      for (let row = n; row < n + m; row++) if (scores[row]! <= radius) hits++;
    }
    return hits / (draws * m);
  }

  it('lies in its band by the exact rule', () => {
    const [low, high] = meanBand(n, alpha, m, draws);
    const coverage = coverageBy((sorted) => radiusFor(sorted, alpha));
    expect(coverage).toBeGreaterThan(low);
    expect(coverage).toBeLessThan(high);
  });

  it('falls out of it, to .863, by an interpolated quantile without the correction for n + 1', () => {
    const position = (1 - alpha) * (n - 1);
    const below = Math.floor(position);
    const coverage = coverageBy(
      (sorted) => sorted[below]! + (position - below) * (sorted[below + 1]! - sorted[below]!),
    );
    expect(coverage).toBeCloseTo(0.863, 2);
    expect(coverage).toBeLessThan(meanBand(n, alpha, m, draws)[0]);
  });
});
