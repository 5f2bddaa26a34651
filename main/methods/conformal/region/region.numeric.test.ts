import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { uniformVolume, weightedVolume, FEWEST_EFFECTIVE } from './monte-carlo';
import { projectionOf } from './projection';
import { drawsAround, residualDraws } from './draws';
import { insideRings } from './rings';
import { ellipsoidScore, setOf, standardUnits } from './testing';
import { logBallVolume, logBoxVolume, logEllipsoidVolume } from './volume';

/** A lower factor with correlations of about .5. */
const factorOf = (d: number) =>
  Array.from({ length: d }, (_, j) =>
    Array.from({ length: d }, (_, k) => (k > j ? 0 : k === j ? 0.9 : 0.5 / Math.sqrt(d))),
  );

/** Residuals [rows, d] of the Gaussian with this factor. */
function residualsOf(factor: number[][], rows: number, seed: number): Float32Array {
  const d = factor.length;
  const z = stream(seed, 'test.residuals').normal(new Float32Array(rows * d));
  return Float32Array.from(z, (_, at) => {
    const [row, j] = [Math.floor(at / d), at % d];
    return factor[j]!.reduce((sum, value, k) => sum + value * z[row * d + k]!, 0);
  });
}

/** Radius of about 90 % of the standard Gaussian in 2, 4 and 8 dimensions. */
const RADIUS: Record<number, number> = { 2: 2.15, 3: 2.5, 4: 2.79, 8: 3.66 };

function expectVolume(estimate: Awaited<ReturnType<typeof weightedVolume>>, logVolume: number): void {
  expect(Math.abs(estimate.logVolume - logVolume)).toBeLessThan(3 * estimate.error);
  expect(estimate.error).toBeLessThan(0.1);
  expect(estimate.effective).toBeGreaterThan(FEWEST_EFFECTIVE);
  expect(estimate.clipped).toBe(false);
}

describe('volumes by weighted draws', () => {
  it.each([2, 4, 8])('of an ellipsoid, a ball and a box in %i dimensions are the known ones', async (d) => {
    const factor = factorOf(d);
    const draws = residualDraws(residualsOf(factor, 500, 1), d, 7);
    const centre = Float64Array.from({ length: d }, (_, k) => k);
    const around = drawsAround(draws, centre);
    const moved = (score: (y: Float32Array) => number) => (y: Float32Array) =>
      score(y.map((value, k) => value - centre[k]!));
    const radius = RADIUS[d]!;
    const logDet = 2 * d * Math.log(0.9);
    const ellipsoid = await weightedVolume(setOf(d, radius, moved(ellipsoidScore(factor))), around);
    expectVolume(ellipsoid, logEllipsoidVolume(d, radius, logDet));
    const ball = await weightedVolume(
      setOf(
        d,
        radius,
        moved((y) => Math.hypot(...y)),
      ),
      around,
    );
    expectVolume(ball, logBallVolume(d, radius));
    const box = await weightedVolume(
      setOf(
        d,
        1.5,
        moved((y) => Math.max(...y.map(Math.abs))),
      ),
      around,
    );
    expectVolume(box, logBoxVolume(Array<number>(d).fill(3)));
  });

  it('tell by few effective draws that the set lies elsewhere', async () => {
    const draws = residualDraws(residualsOf(factorOf(4), 500, 1), 4, 7);
    const far = await weightedVolume(
      setOf(4, 1, (y) => Math.hypot(y[0]! - 7, y[1]!, y[2]!, y[3]!)),
      draws,
    );
    expect(far.effective).toBeLessThan(FEWEST_EFFECTIVE);
  });

  it('integrate the proposal itself to 1', async () => {
    // The volume of everything under density q is ∫ 1 = ∞, but the mean of p/q for a density p is 1.
    const d = 3;
    const { points, logDensity } = residualDraws(residualsOf(factorOf(d), 300, 2), d, 3);
    let sum = 0;
    for (let draw = 0; draw < logDensity.length; draw++) {
      let square = 0;
      for (let k = 0; k < d; k++) square += points[draw * d + k]! ** 2;
      sum += Math.exp(-square / 2 - (d / 2) * Math.log(2 * Math.PI) - logDensity[draw]!);
    }
    expect(sum / logDensity.length).toBeCloseTo(1, 1);
  });
});

describe('volumes by uniform draws', () => {
  const guess = (d: number) => ({ low: Array<number>(d).fill(-1), high: Array<number>(d).fill(1) });

  it.each([1, 2, 3])('of an ellipsoid in %i dimensions are the known ones', async (d) => {
    const factor = factorOf(d);
    const estimate = await uniformVolume(setOf(d, 2.5, ellipsoidScore(factor)), guess(d), 1);
    expectVolume(estimate, logEllipsoidVolume(d, 2.5, 2 * d * Math.log(0.9)));
  });

  it('hold far pieces, and say so where a set has no end', async () => {
    // A disc of radius 1, and a ring from 4 to 6 around it.
    const pieces = setOf(2, 0, (y) => {
      const radius = Math.hypot(...y);
      return Math.min(radius - 1, Math.abs(radius - 5) - 1);
    });
    expectVolume(await uniformVolume(pieces, guess(2), 1), Math.log(Math.PI * 21));
    const strip = await uniformVolume(
      setOf(2, 1, (y) => Math.abs(y[0]!)),
      guess(2),
      1,
    );
    expect(strip.clipped).toBe(true);
    const leaking = await uniformVolume(
      setOf(2, 1, (y) => (Math.hypot(...y) > 4 && y[0]! > 0 ? 0.5 : Math.hypot(...y))),
      guess(2),
      1,
    );
    expect(leaking.clipped).toBe(true);
  });
});

describe('projections', () => {
  it.each([3, 4, 8])('of an ellipsoid in %i dimensions are ellipses', async (d) => {
    const factor = factorOf(d);
    const radius = RADIUS[d]!;
    const set = setOf(d, radius, ellipsoidScore(factor));
    const points = residualsOf(factor, 500, 3);
    const units = { ...standardUnits(d), unit: new Float64Array(d).fill(2) };
    const pair = [0, d - 1] as const;
    const { rings, area, clipped } = await projectionOf(set, pair, points, units, 1);
    const covariance = (j: number, k: number) =>
      factor[j]!.reduce((sum, value, at) => sum + value * factor[k]![at]!, 0);
    const [a, b, c] = [covariance(0, 0), covariance(0, d - 1), covariance(d - 1, d - 1)];
    const known = 4 * Math.PI * radius ** 2 * Math.sqrt(a * c - b * b);
    expect(clipped).toBe(false);
    expect(area / known).toBeGreaterThan(0.98);
    expect(area / known).toBeLessThan(1.005);
    expect(set.asked).toBeLessThan(250_000);
    expect(insideRings(rings, 0, 0)).toBe(true);
  });

  it('keep holes that all targets share, and are empty without accepted draws', async () => {
    // Above each point of a ring in the first two targets lies a short stretch of the third.
    const tube = setOf(3, 0, (y) =>
      Math.max(Math.abs(Math.hypot(y[0]!, y[1]!) - 1.5) - 0.5, Math.abs(y[2]! - y[0]!) - 0.3),
    );
    const points = residualsOf(factorOf(3), 500, 3);
    const { rings, area } = await projectionOf(tube, [0, 1], points, standardUnits(3), 1);
    expect(rings).toHaveLength(2);
    expect(area / (3 * Math.PI)).toBeCloseTo(1, 1);
    const empty = setOf(3, -1, (y) => Math.hypot(...y));
    expect((await projectionOf(empty, [0, 1], points, standardUnits(3), 1)).rings).toEqual([]);
  });
});
