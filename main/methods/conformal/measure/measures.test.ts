import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { shareBootstrap } from '../../../calibration/band';
import { featureBins, tellingBins } from './bins';
import { clusterCentres, clusterCoverage, nearestCentres } from './clusters';
import { kolmogorovSmirnov } from '../../../numerics/kolmogorov-smirnov';
import { leastSegment } from './worst-slab';
import { comparePaired, summarise } from '../../../experiments/paired';
import { independentHits } from './chance';

describe('leastSegment', () => {
  it('is the one that trying all pairs of borders finds', () => {
    for (let turn = 0; turn < 200; turn++) {
      const steps = stream(turn, 'test.segment').integers(new Int32Array(80), 4);
      const [counts, hits] = [[0], [0]];
      for (let i = 0; i < 40; i++) {
        const count = 1 + steps[2 * i]!;
        counts.push(counts.at(-1)! + count);
        hits.push(hits.at(-1)! + Math.min(count, steps[2 * i + 1]!));
      }
      const least = 1 + (turn % 60);
      let best = Infinity;
      for (let from = 0; from < 41; from++)
        for (let to = from + 1; to < 41; to++)
          if (counts[to]! - counts[from]! >= least)
            best = Math.min(best, (hits[to]! - hits[from]!) / (counts[to]! - counts[from]!));
      const found = leastSegment(counts, hits, 41, least)!;
      expect(found.count).toBe(counts[found.to]! - counts[found.from]!);
      expect(found.count).toBeGreaterThanOrEqual(least);
      expect(found.hits / found.count).toBe(best);
    }
    expect(leastSegment([0, 3], [0, 1], 2, 4)).toBeNull();
  });
});

describe('bootstrap of a share', () => {
  it('has the quantiles that resampling has', () => {
    const [low, high] = shareBootstrap(80, 100);
    const draws = stream(1, 'test.bootstrap').uniform(new Float32Array(100 * 4000));
    const shares = Float64Array.from({ length: 4000 }, (_, resample) => {
      let hit = 0;
      for (let i = 0; i < 100; i++) if (draws[resample * 100 + i]! < 0.8) hit++;
      return hit / 100;
    }).sort();
    expect(Math.abs(low - shares[100]!)).toBeLessThanOrEqual(0.0100001);
    expect(Math.abs(high - shares[3900]!)).toBeLessThanOrEqual(0.0100001);
    expect(shareBootstrap(5, 5)).toEqual([1, 1]);
  });
});

describe('kolmogorovSmirnov', () => {
  it('has the known critical values of the asymptotic law', () => {
    // D at which √m·D = 1.3581 is the 5 % point: with the correction for a small sample p is a little less.
    const left = Float64Array.from({ length: 10_000 }, (_, i) => i);
    const shift = Math.round((1.3581 / Math.sqrt(5000)) * 10_000);
    const { distance, p } = kolmogorovSmirnov(
      left,
      left.map((value) => value + shift),
    );
    expect(distance).toBeCloseTo(shift / 10_000, 6);
    expect(p).toBeCloseTo(0.05, 2);
    expect(kolmogorovSmirnov(left, left)).toEqual({ distance: 0, p: 1 });
  });

  it('gives p-values that are nearly uniform where there is no difference, and small ones where there is', () => {
    let below = 0;
    for (let seed = 0; seed < 400; seed++) {
      const draws = stream(seed, 'test.ks').normal(new Float32Array(150));
      if (kolmogorovSmirnov(draws.subarray(0, 50), draws.subarray(50)).p < 0.1) below++;
    }
    expect(below / 400).toBeGreaterThan(0.05);
    expect(below / 400).toBeLessThan(0.15);
    const draws = stream(1, 'test.ks').normal(new Float32Array(400));
    expect(
      kolmogorovSmirnov(
        draws.subarray(0, 200),
        draws.subarray(200).map((value) => value + 1),
      ).p,
    ).toBeLessThan(1e-6);
  });

  it('passes ties together', () => {
    expect(kolmogorovSmirnov([1, 1, 2, 2], [1, 2]).distance).toBe(0);
    expect(kolmogorovSmirnov([1, Infinity, NaN], [1, 1, 1]).distance).toBeCloseTo(2 / 3);
  });
});

describe('comparisons over repeats', () => {
  it('leave out repeats without a finite value', () => {
    const compared = comparePaired([1, 2, 3, NaN, -Infinity], [2, 4, 3, 1, 1]);
    expect(compared).toEqual({
      difference: -1,
      error: expect.closeTo(1 / Math.sqrt(3), 12) as number,
      t: expect.closeTo(-Math.sqrt(3), 12) as number,
      smaller: 2,
      larger: 0,
      count: 3,
    });
    expect(summarise([NaN])).toEqual({ mean: NaN, error: null, count: 0 });
    expect(comparePaired([1, 2], [0, 1]).t).toBeNull();
  });
});

describe('coverage in bins of a feature', () => {
  const rows = 1000;
  const x = stream(1, 'test.bins').normal(new Float32Array(rows * 3));
  for (let row = 0; row < rows; row++) [x[row * 3 + 1], x[row * 3 + 2]] = [row % 2, 7];
  const hits = Uint8Array.from({ length: rows }, (_, row) => (x[row * 3]! < 0.8 ? 1 : 0));

  it('has fifths of the rows, fewer bins for few values', () => {
    const bins = featureBins(x, 3, 0, hits);
    expect(bins.counts).toEqual([200, 200, 200, 200, 200]);
    expect(bins.coverage.slice(0, 3)).toEqual([1, 1, 1]);
    expect(bins.coverage[4]).toBeLessThan(0.2);
    expect(bins.edges).toHaveLength(6);
    expect(featureBins(x, 3, 1, hits)).toMatchObject({ counts: [500, 500], edges: [0, 1, 1] });
    expect(featureBins(x, 3, 2, hits)).toMatchObject({ counts: [1000], edges: [7, 7], difference: 0 });
  });

  it('shows the feature on which coverage depends first', () => {
    const shown = tellingBins(x, 3, hits);
    expect(shown.map((bins) => bins.feature)).toEqual([0, 1]);
    expect(shown[0]!.difference).toBeGreaterThan(50);
    expect(shown[1]!.difference).toBeLessThan(8);
  });
});

describe('coverage by cluster', () => {
  /** Three far heaps of points in the plane. */
  const heaps = (rows: number, seed: number) =>
    stream(seed, 'test.heaps')
      .normal(new Float32Array(rows * 2))
      .map((value, at) => value + (at % 2 === 0 ? 40 * (Math.floor(at / 2) % 3) : 0));

  it('finds the heap that is covered too rarely', () => {
    const centres = clusterCentres(heaps(300, 1), 2, 1);
    expect(centres).toHaveLength(5);
    expect(clusterCentres(heaps(300, 1), 2, 1)).toEqual(centres);
    const labels = nearestCentres(heaps(900, 2), 2, centres);
    // Rows 2, 5, 8 … lie in the third heap and are never hits.
    const hits = Uint8Array.from({ length: 900 }, (_, row) => (row % 3 === 2 ? 0 : 1));
    const { clusters, error } = clusterCoverage(labels, hits, 0.1);
    expect(error).toBeCloseTo(100 * (0.81 / 3 + (0.01 * 2) / 3), 6);
    expect(clusters[0]).toMatchObject({ coverage: 0, low: 0 });
    expect(clusters.at(-1)).toMatchObject({ coverage: 1, high: 1 });
    expect(clusters.reduce((sum, { count }) => sum + count, 0)).toBe(900);
  });

  it('is on average what chance gives for independent hits', () => {
    const labels = Uint8Array.from({ length: 500 }, (_, row) => row % 5);
    let sum = 0;
    for (let index = 0; index < 300; index++)
      sum += clusterCoverage(labels, independentHits(500, 0.1, 1, index), 0.1).error / 300;
    expect(Math.abs(sum - 0.09)).toBeLessThan(0.02);
  });

  it('takes few different points and densities of 0', () => {
    expect(clusterCentres([1, 1, 1, 2], 1, 1)).toHaveLength(2);
    expect(nearestCentres([-Infinity, 5, -3], 1, [[-3], [5]])).toEqual(Uint8Array.of(0, 1, 0));
  });
});
