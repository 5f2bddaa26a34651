/** @file Sharpness by its definition, and the search for ε on functions that are known. */
import { describe, expect, it } from 'vitest';
import { entropy, epsilonFromSharpness, sharpnessOfRows } from './sharpness';

/** Of uniform marginals over n × m. */
const sharpnessOf = (meanRowEntropy: number, n: number, m: number) =>
  sharpnessOfRows(Float64Array.of(meanRowEntropy), null, n, m);
/** Of a coupling with these masses of its own. */
const softSharpness = (rowEntropy: Float64Array, rows: Float64Array, columns: Float64Array) =>
  sharpnessOfRows(rowEntropy, { rows, columns }, rows.length, columns.length);

describe('sharpness', () => {
  it('has the unit values of gate G1: permutation 0, independence 1, blocks of k log k / log n', () => {
    expect(sharpnessOf(0, 64, 64).value).toBe(0);
    expect(sharpnessOf(Math.log(64), 64, 64).value).toBeCloseTo(1, 12);
    expect(sharpnessOf(Math.log(8), 64, 64).value).toBeCloseTo(0.5, 12);
    expect(sharpnessOf(0, 1, 1)).toEqual({ value: 0, raw: 0 });
  });

  it('is renormalised by both marginals where n and m differ', () => {
    // Independence over 4 × 16: H = log 64, (H(a) + H(b))/2 = log 8.
    expect(sharpnessOf(Math.log(16), 4, 16).raw).toBeCloseTo(1, 12);
    // The sharpest coupling with exact marginals gives each of the 4 rows 4 columns: H = log 16.
    expect(sharpnessOf(Math.log(4), 4, 16).raw).toBeCloseTo((2 * Math.log(16)) / Math.log(64) - 1, 12);
  });

  it('is clamped, and told, where marginals that are not met make it negative', () => {
    // 4 rows that each took one of 16 columns.
    const { value, raw } = sharpnessOf(0, 4, 16);
    expect(value).toBe(0);
    expect(raw).toBeLessThan(-0.3);
  });

  it('takes the marginals as they are where they gave way', () => {
    const even = new Float64Array(4).fill(0.25);
    expect(softSharpness(new Float64Array(4).fill(Math.log(2)), even, even).raw).toBeCloseTo(0.5, 12);
    // Independence of uneven marginals is still 1, in any scale.
    const uneven = Float64Array.of(1, 2, 3, 0);
    const rows = new Float64Array(4).fill(entropy(uneven));
    expect(softSharpness(rows, even, uneven).raw).toBeCloseTo(1, 12);
    expect(
      softSharpness(
        rows,
        uneven,
        uneven.map((mass) => 7 * mass),
      ).raw,
    ).toBeCloseTo(1, 12);
  });
});

describe('epsilonFromSharpness', () => {
  /** A sigmoid of log ε between a floor and 1. */
  const curve = (floor = 0) => {
    const asked: number[] = [];
    const at = (epsilon: number) => floor + (1 - floor) / (1 + (0.1 / epsilon) ** 1.5);
    return {
      asked,
      at,
      probe: async (epsilon: number) => {
        asked.push(epsilon);
        return at(epsilon);
      },
    };
  };

  it.each([0.02, 0.05, 0.1, 0.2, 0.5, 0.9, 0.99])('meets E* = %f in few probes', async (target) => {
    const { at, probe, asked } = curve();
    const found = (await epsilonFromSharpness(probe, target))!;
    expect(found).toMatchObject({ limit: null });
    expect(Math.abs(at(found.epsilon) - target)).toBeLessThanOrEqual(0.005);
    expect(asked.length).toBeLessThan(12);
    // From above, and never more than half a decade below what is needed.
    expect(Math.min(...asked)).toBeGreaterThan(found.epsilon / 3.17);
  });

  it('is done at once with a good guess', async () => {
    const { asked, probe } = curve();
    const found = await epsilonFromSharpness(probe, 0.5, 0.1);
    expect(found).toMatchObject({ limit: null });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toBeCloseTo(0.1, 12);
  });

  it('gives the nearest ε where duplicates put a floor under E', async () => {
    const { probe } = curve(0.3);
    const found = await epsilonFromSharpness(probe, 0.1);
    expect(found).toMatchObject({ limit: 'smallest' });
    expect(found!.epsilon).toBeCloseTo(1e-4, 12);
  });

  it('gives the nearest ε where E stays too small, and where E jumps over the target', async () => {
    expect(await epsilonFromSharpness(async () => 0.2, 0.9)).toMatchObject({ limit: 'largest' });
    let probes = 0;
    const jumping = async (epsilon: number) => {
      probes++;
      return epsilon > 0.04 ? 0.8 : 0.1;
    };
    expect(await epsilonFromSharpness(jumping, 0.5)).toMatchObject({ limit: 'probes' });
    expect(probes).toBeLessThanOrEqual(32);
  });

  it('ends when stopped', async () => {
    let left = 3;
    expect(await epsilonFromSharpness(async (epsilon) => (left-- > 0 ? epsilon : null), 0.02)).toBeNull();
  });
});
