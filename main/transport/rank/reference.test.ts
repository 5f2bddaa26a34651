/** @file Reference points: sizes, norms and evenness; Sobol points and the normal quantile against known values. */
import { describe, expect, it } from 'vitest';
import {
  ballReference,
  mergedOrigin,
  ottSizes,
  simplexReference,
  referenceSizes,
  spiralPoints,
} from './reference';
import { normsOf } from '../../numerics/points';
import { normalQuantile, sobol, SOBOL_DIMENSIONS } from '../../numerics/sobol';

describe('sizes', () => {
  it.each([
    [16, 2, { radii: 4, directions: 4, originCopies: 0 }, 16],
    [58, 9, { radii: 8, directions: 7, originCopies: 2 }, 57],
    [128, 9, { radii: 12, directions: 10, originCopies: 8 }, 121],
    [8192, 2, { radii: 91, directions: 90, originCopies: 2 }, 8191],
  ])('are those of ott-jax for %i points in %i dimensions', (count, d, sizes, distinct) => {
    expect(ottSizes(count)).toEqual(sizes);
    const reference = ballReference(d, sizes, { seed: 0 });
    expect(reference.count).toBe(count);
    const { points, logCopies } = mergedOrigin(reference);
    expect(points.length / d).toBe(distinct);
    expect(logCopies.length).toBe(distinct);
    const weights = logCopies.reduce((sum, log) => sum + Math.exp(log) / count, 0);
    expect(weights).toBeCloseTo(1, 12);
  });

  it('are filled up with directions where settings give the rest', () => {
    expect(referenceSizes({ gridSize: 1000, radii: 10, originCopies: 20 })).toEqual({
      radii: 10,
      directions: 98,
      originCopies: 20,
    });
  });
});

describe('points', () => {
  it.each([1, 2, 5, 30])('have the norms k/radii, equally often, in %i dimensions', (d) => {
    const reference = ballReference(d, { radii: 8, directions: 64, originCopies: 3 }, { seed: 4 });
    const times = new Array<number>(9).fill(0);
    for (const norm of normsOf(reference.points, d)) {
      expect(Math.abs(norm * 8 - Math.round(norm * 8))).toBeLessThan(1e-5);
      times[Math.round(norm * 8)]!++;
    }
    expect(times).toEqual([3, ...new Array<number>(8).fill(64)]);
  });

  it('balance: their mean is much nearer the centre than that of random directions', () => {
    const { points } = ballReference(3, { radii: 1, directions: 256, originCopies: 0 }, { seed: 2 });
    const mean = [0, 1, 2].map((k) => {
      let sum = 0;
      for (let at = k; at < points.length; at += 3) sum += points[at]!;
      return sum / 256;
    });
    // Random ones: 1/√256 = .0625.
    expect(Math.hypot(...mean)).toBeLessThan(0.02);
  });

  it('are keyed by the seed', () => {
    const sizes = { radii: 16, directions: 64, originCopies: 0 };
    const at = (seed: number) => ballReference(2, sizes, { seed }).points;
    expect(at(1)).toEqual(at(1));
    expect(at(1)).not.toEqual(at(2));
  });

  it('of a spiral all have a norm of their own', () => {
    const norms = normsOf(spiralPoints(3, 11, 1), 3).sort();
    norms.forEach((norm, k) => expect(norm).toBeCloseTo(k / 10, 6));
  });

  it('of the simplex are positive, with the sums 0 … 1', () => {
    const { points } = simplexReference(3, 21, 5);
    const sums = Array.from(
      { length: 21 },
      (_, k) => points[3 * k]! + points[3 * k + 1]! + points[3 * k + 2]!,
    );
    sums.reverse().forEach((sum, k) => expect(sum).toBeCloseTo(k / 20, 6));
    expect(Math.min(...points)).toBeGreaterThanOrEqual(0);
  });
});

describe('Sobol points', () => {
  it('are those of Joe and Kuo', () => {
    // Columns 1, 2, 3, 6, 12 and 24 of points 1, 2, 3, 5, 100 and 777, as scipy.stats.qmc.Sobol gives them.
    const expected: Record<number, number[]> = {
      1: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      2: [0.75, 0.25, 0.25, 0.75, 0.75, 0.25],
      3: [0.25, 0.75, 0.75, 0.25, 0.25, 0.75],
      5: [0.875, 0.875, 0.125, 0.625, 0.875, 0.375],
      100: [0.4140625, 0.2578125, 0.7734375, 0.7421875, 0.6796875, 0.4921875],
      777: [0.69238281, 0.93652344, 0.16308594, 0.35644531, 0.69628906, 0.48144531],
    };
    const points = sobol(1024, SOBOL_DIMENSIONS, null);
    for (const [index, row] of Object.entries(expected))
      [0, 1, 2, 5, 11, 23].forEach((column, k) =>
        expect(points[Number(index) * SOBOL_DIMENSIONS + column]).toBeCloseTo(row[k]!, 7),
      );
  });

  it('fill every box of a 256th evenly in each coordinate, shifted or not', () => {
    for (const seed of [null, 3])
      for (let k = 0; k < SOBOL_DIMENSIONS; k++) {
        const points = sobol(256, SOBOL_DIMENSIONS, seed);
        const boxes = new Set(
          Array.from({ length: 256 }, (_, i) => Math.floor(points[i * SOBOL_DIMENSIONS + k]! * 256)),
        );
        expect(boxes.size).toBe(256);
      }
  });
});

it('the normal quantile has its known values', () => {
  const known: [number, number][] = [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798409],
  ];
  for (const [p, z] of known) expect(normalQuantile(p)).toBeCloseTo(z, 12);
});
