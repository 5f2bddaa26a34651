import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { excessRisks } from './ert';
import { independentHits } from './chance';
import { alongDirection, worstSlabs } from './worst-slab';

/**
 * Rows whose set is one disc for all x while the noise grows: y = √v·N(0, I₂), v uniform on (0, 2), the first of the
 * features being v standardised. P(hit | x) = 1 − exp(−R²/(2v)).
 */
function growingNoise(rows: number, features: number, seed: number) {
  const squaredRadius = 5.1;
  const x = stream(seed, 'test.x').normal(new Float32Array(rows * features));
  const v = stream(seed, 'test.v').uniform(new Float32Array(rows));
  const z = stream(seed, 'test.z').normal(new Float32Array(rows * 2));
  const hits = new Uint8Array(rows);
  let truth = 0;
  for (let row = 0; row < rows; row++) {
    x[row * features] = (v[row]! - 0.5) * Math.sqrt(12);
    const variance = 2 * v[row]!;
    hits[row] = variance * (z[2 * row]! ** 2 + z[2 * row + 1]! ** 2) <= squaredRadius ? 1 : 0;
    truth += Math.abs(1 - Math.exp(-squaredRadius / (2 * variance)) - 0.9) / rows;
  }
  return { x, hits, truth };
}

describe('excess risk of target coverage', () => {
  it.each([1, 8, 30])('comes close to the true value with %i features', (features) => {
    let [sum, truth] = [0, 0];
    for (let seed = 0; seed < 3; seed++) {
      const toy = growingNoise(2000, features, seed);
      const { risks, chance } = excessRisks(toy.x, features, [toy.hits], 0.1, seed)!;
      expect(risks[0]!).toBeGreaterThan(2 * chance.high);
      sum += risks[0]! / 3;
      truth += toy.truth / 3;
    }
    expect(truth).toBeCloseTo(0.08, 2);
    expect(Math.abs(sum - truth)).toBeLessThan(0.016);
  });

  it('is 0 on average for hits that do not depend on x, and rarely above chance', () => {
    const { x } = growingNoise(2000, 4, 5);
    const sets = Array.from({ length: 200 }, (_, index) => independentHits(2000, 0.1, 9, 1000 + index));
    const { risks, chance } = excessRisks(x, 4, sets, 0.1, 5, 100)!;
    const mean = risks.reduce((sum, risk) => sum + risk, 0) / 200;
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(Math.abs(chance.mean)).toBeLessThan(0.003);
    expect(chance.high).toBeLessThan(0.025);
    expect(risks.filter((risk) => risk > chance.high).length).toBeLessThan(16);
  });

  it('does not mix up the sets of hits', () => {
    const { x, hits } = growingNoise(1000, 4, 5);
    const { risks } = excessRisks(x, 4, [independentHits(1000, 0.1, 9, 0), hits], 0.1, 5, 1)!;
    expect(risks[1]!).toBeGreaterThan(risks[0]! + 0.03);
    expect(excessRisks(x, 4, [hits], 0.1, 5, 1)!.risks[0]).toEqual(risks[1]);
  });

  it('sees coverage that is wrong in the same way everywhere', () => {
    const { x } = growingNoise(2000, 4, 5);
    const { risks } = excessRisks(x, 4, [independentHits(2000, 0.2, 9, 1000)], 0.1, 5, 1)!;
    expect(risks[0]!).toBeCloseTo(0.1, 1);
  });
});

describe('worst-slab coverage', () => {
  it('finds the side on which noise is large, and reports it from rows that did not choose it', () => {
    const { x, hits } = growingNoise(2000, 8, 1);
    const { slabs, chance } = worstSlabs(x, 8, [hits], 0.1, 1)!;
    const slab = slabs[0]!;
    expect(Math.abs(slab.direction[0]!)).toBeGreaterThan(0.5);
    expect(slab.coverage).toBeLessThan(chance.low);
    expect(slab.interval[0]).toBeLessThanOrEqual(slab.coverage);
    expect(slab.interval[1]).toBeGreaterThanOrEqual(slab.coverage);
    expect(slab.share).toBeGreaterThan(0.1);
    const along = alongDirection(x, 8, slab.direction);
    const inside = along.filter((value) => value >= slab.low && value <= slab.high).length;
    expect(inside / 2000).toBeCloseTo(slab.share, 1);
  });

  it('of independent hits is chance around the target', () => {
    const { x } = growingNoise(1000, 5, 2);
    const { slabs, chance } = worstSlabs(x, 5, [independentHits(1000, 0.1, 3, 1000)], 0.1, 2)!;
    expect(chance.mean).toBeCloseTo(0.9, 1);
    expect(chance.high - chance.low).toBeGreaterThan(0.02);
    expect(slabs[0]!.coverage).toBeGreaterThan(chance.low - 0.05);
    expect(slabs[0]!.coverage).toBeLessThan(chance.high + 0.05);
  });

  it('is not given for few rows', () => {
    const { x, hits } = growingNoise(399, 2, 1);
    expect(worstSlabs(x, 2, [hits], 0.1, 1)).toBeNull();
  });
});
