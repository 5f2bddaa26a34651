/** @file Full conformal by assignment: its radius, which candidates it takes, and how often it covers. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { transductiveRadius, transductiveSet } from './transductive';

function cloud(seed: number, count: number): Float32Array {
  return stream(seed, 'transductive').normal(new Float32Array(2 * count));
}

describe('the set', () => {
  it('has the radius that holds 1 − α of the grid', () => {
    // 10 radii of 10 directions: j = 90 points of 100.
    expect(transductiveRadius({ radii: 10, directions: 10, originCopies: 0 }, 0.1)).toBe(0.9);
    // 201 points with 5 at the origin: ⌈(201·.9 − 5)/14⌉ = 13 of 14 rings.
    expect(transductiveRadius({ radii: 14, directions: 14, originCopies: 5 }, 0.1)).toBe(13 / 14);
    expect(transductiveRadius({ radii: 5, directions: 2, originCopies: 8 }, 0.9)).toBe(0);
    expect(transductiveRadius({ radii: 5, directions: 2, originCopies: 0 }, 0.001)).toBe(1);
  });

  it('holds the middle of the cloud and not its surroundings', () => {
    const set = transductiveSet(cloud(1, 120), { alpha: 0.1, seed: 4, grid: 21, extent: [-6, 6, -6, 6] });
    expect(set.accepted[10 * 21 + 10]).toBe(1);
    for (const corner of [0, 20, 20 * 21, 21 * 21 - 1]) expect(set.accepted[corner]).toBe(0);
    const share = set.accepted.reduce((sum, one) => sum + one, 0) / 21 ** 2;
    // A disc that holds 90 % of a Gaussian takes a tenth of the window.
    expect(share).toBeGreaterThan(0.06);
    expect(share).toBeLessThan(0.16);
  });

  it('covers a further point about 1 − α of the time, without a split', () => {
    const [n, alpha, trials] = [39, 0.2, 200];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const points = cloud(100 + trial, n + 1);
      const [x, y] = [points[2 * n]!, points[2 * n + 1]!];
      const set = transductiveSet(points.subarray(0, 2 * n), {
        alpha,
        seed: trial,
        grid: 1,
        extent: [x, x, y, y],
      });
      covered += set.accepted[0]!;
    }
    // 40 points: 6 radii of 6 and 4 at the origin; (4 + 5·6)/40 = .85 of the grid is inside. ± 3.5 standard errors.
    expect(Math.abs(covered / trials - 0.85)).toBeLessThan(3.5 * Math.sqrt((0.85 * 0.15) / trials));
  });
});
