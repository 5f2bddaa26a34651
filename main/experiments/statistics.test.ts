/** @file The statistics of few seeds against values worked out by hand or in closed form. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import {
  bootstrapInterval,
  deviation,
  mean,
  pairedDifferences,
  pooledDeviation,
  signFlipTest,
  signTest,
  slope,
} from './statistics';

describe('moments', () => {
  it('are the textbook ones', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(deviation([1, 2, 6])).toBeCloseTo(Math.sqrt(7), 12);
    expect(deviation([4])).toBeNull();
    expect(pooledDeviation([0, 2], [0, 4])).toBeCloseTo(Math.sqrt((2 + 8) / 2), 12);
    expect(pooledDeviation([1], [2])).toBeNull();
    expect(slope([0, 1, 2, 3], [1, 3, 5, 7])).toBeCloseTo(2, 12);
    expect(pairedDifferences([3, 1], [1, 4])).toEqual([2, -3]);
    expect(() => pairedDifferences([1], [1, 2])).toThrow(RangeError);
  });
});

describe('sign test', () => {
  it.each([
    [[1, 1, 1, 1, 1], 5, 1 / 32],
    [[1, 1, 1, 1, -1], 4, 6 / 32],
    [[1, 1, 1], 3, 1 / 8],
    [[-1, -2], 0, 1],
    // A tie speaks against the claim.
    [[1, 1, 1, 1, 0], 4, 6 / 32],
  ])('%j', (differences, positive, p) => {
    expect(signTest(differences)).toEqual({ positive, p });
  });

  it('adds up to 1 and agrees with the binomial for many seeds', () => {
    const differences = Array.from({ length: 20 }, (_, i) => (i < 15 ? 1 : -1));
    expect(signTest(differences).p).toBeCloseTo(21700 / 2 ** 20, 12);
  });
});

describe('sign-flip test', () => {
  it('counts the patterns that are as large', () => {
    expect(signFlipTest([1, 2, 3])).toBe(1 / 8);
    // Seen: −1 + 2 + 3 = 4. At least as large are 4 itself and 1 + 2 + 3.
    expect(signFlipTest([-1, 2, 3])).toBe(2 / 8);
    expect(signFlipTest([0.1, 0.2, -0.3])).toBeCloseTo(5 / 8, 12);
    expect(signFlipTest([])).toBe(1);
  });

  it('draws patterns for many values and repeats', () => {
    const differences = Float64Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? -1 : 1));
    const p = signFlipTest([...differences]);
    expect(p).toBe(signFlipTest([...differences]));
    // 20 of 30 positive under a fair coin: Σ_{k≥20} C(30,k)/2³⁰ = .0494.
    expect(p).toBeGreaterThan(0.0494 - 0.004);
    expect(p).toBeLessThan(0.0494 + 0.004);
  });
});

describe('bootstrap interval', () => {
  it('needs three values', () => {
    expect(bootstrapInterval([1, 2])).toBeNull();
  });

  it('takes every resample of three values', () => {
    // Sorted means of the 27 resamples of 0, 0, 3: eight 0s, twelve 1s, six 2s, one 3.
    const interval = bootstrapInterval([0, 0, 3], 1);
    expect(interval).toEqual([0, 3]);
    const [low, high] = bootstrapInterval([0, 0, 3])!;
    expect(low).toBe(0);
    // Position .975 · 26 = 25.35, between the last 2 and the 3.
    expect(high).toBeCloseTo(2.35, 12);
  });

  it('covers the mean of normal samples about as often as it says, and repeats', () => {
    let covered = 0;
    const trials = 60;
    for (let trial = 0; trial < trials; trial++) {
      const sample = [...stream(trial, 'test.bootstrap').normal(new Float32Array(8))];
      const [low, high] = bootstrapInterval(sample)!;
      if (low <= 0 && 0 <= high) covered++;
    }
    // The percentile interval of 8 values covers about 88 %; four binomial deviations below.
    expect(covered / trials).toBeGreaterThan(0.71);
    expect(covered / trials).toBeLessThan(1);
    expect(bootstrapInterval([1, 2, 3, 5, 8, 13, 21])).toEqual(bootstrapInterval([1, 2, 3, 5, 8, 13, 21]));
  });
});
