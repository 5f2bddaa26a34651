/** @file Recipe R4: whether sets leak far outside the residuals, which few radii and many directions prevent (section 1.4). */
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { leaks, saturated } from './diagnose';
import { fitEntropicMap } from './entropic';
import { openRank } from './rank';
import { ballReference, type ReferenceSizes } from './reference';
import { fitScaling } from './scaling';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

/** Shares of far directions inside the 90 % set of 750 Gaussian residuals, at 1.5, 3 and 10 times the largest norm. */
async function probed(d: number, sizes: ReferenceSizes, tailGuard: boolean) {
  const normals = (label: string, n: number) =>
    Float64Array.from(stream(11, label).normal(new Float32Array(n * d)));
  const residuals = normals('fit', 750);
  const scaling = fitScaling(residuals, d, 'max');
  const reference = ballReference(d, sizes, { seed: 5 });
  const map = (await fitEntropicMap(compute, residuals, scaling, reference, { epsilon: 0.1 }))!;
  const open = await openRank(compute, map, { tailGuard });
  const ranks = (await open.run(normals('calibration', 250))).ranks.sort();
  const radius = ranks[Math.ceil(0.9 * 251) - 1]!;
  const found = await leaks(async (far) => (await open.run(far)).ranks, scaling, residuals, radius, 1);
  const fitRanks = (await open.run(residuals)).ranks;
  await open.close();
  return {
    shares: found.map(({ share }) => share),
    factors: found.map(({ factor }) => factor),
    fitRanks,
    radius,
  };
}

const few = { radii: 16, directions: 256, originCopies: 0 };
const many = { radii: 32, directions: 32, originCopies: 0 };

describe('R4: far directions inside the 90 % set', () => {
  it.each([2, 4, 8, 16])('are none with 16 radii and 4,096 points, d = %i', async (d) => {
    const { shares, factors, fitRanks, radius } = await probed(d, few, false);
    expect(factors).toEqual([1.5, 3, 10]);
    expect(shares[0]).toBe(0);
    expect(shares[2]).toBe(0);
    expect(saturated(fitRanks, radius)).toBe(false);
    expect(saturated(fitRanks, 1)).toBe(true);
  });

  it('are more than 1 % with 32 radii and 1,024 points at d = 16, and none far out where the tail is guarded', async () => {
    expect((await probed(16, many, false)).shares[0]).toBeGreaterThan(0.01);
    expect((await probed(16, many, true)).shares[2]).toBe(0);
  });
});
