/** @file The safe strength held to planted side effects: exact coverage over splits, ties, extremes, and too few prompts. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { fewest, riskBound, safeStrength, violatedShare } from './conformal';
import { largestWithin } from './crossing';
import { divergencePerToken, meanOver, perplexityRatio, quantileOver, traitChange } from './side-effects';

const grid = [0, 0.25, 0.5, 1];

describe('the largest strength that a prompt allows', () => {
  const within = (values: number[], limit = 1) => largestWithin(grid, [{ values, limit }]);

  it('lies where the line between two measured effects meets the limit', () => {
    expect(within([0, 0.5, 1.5, 4])).toBe(0.375);
    expect(within([0, 1, 1, 3])).toBe(0.5);
  });

  it('is that of the strictest effect', () => {
    const values = [0, 1, 2, 4];
    expect(
      largestWithin(grid, [
        { values, limit: 3 },
        { values, limit: 1.5 },
      ]),
    ).toBe(0.375);
    expect(largestWithin(grid, [])).toBe(1);
  });

  it('does not forgive what comes back below the limit', () => {
    expect(within([0, 2, 0, 0])).toBe(0.125);
  });

  it('is the end of what was measured where no limit is passed, and 0 where one is at once', () => {
    expect(within([0, 0.1, 0.2, 1])).toBe(1);
    expect(within([2, 3, 4, 5])).toBe(0);
  });

  it('takes what is no number as beyond every limit', () => {
    expect(within([0, 0.5, NaN, NaN])).toBe(0.25);
    expect(within([0, 0.5, Infinity, 1])).toBe(0.25);
  });

  it.each([[[0.1, 1]], [[0]], [[0, 1, 1]], [[0, NaN]], [[0, 1, 0.5]]])(
    'refuses the strengths %s',
    (wrong) => {
      expect(() => largestWithin(wrong, [{ values: wrong.map(() => 0), limit: 1 }])).toThrow(
        expect.objectContaining({ code: 'steering-strength-grid' }),
      );
    },
  );

  it('refuses effects of other strengths', () => {
    expect(() => largestWithin(grid, [{ values: [0], limit: 1 }])).toThrow(
      expect.objectContaining({ code: 'steering-strength-grid' }),
    );
  });
});

describe('the safe strength', () => {
  const nineteen = Float64Array.from({ length: 19 }, (_, k) => (19 - k) / 10);

  it('is the ⌊α(n + 1)⌋-th smallest of what prompts allow', () => {
    expect(safeStrength(nineteen, 0.1)).toMatchObject({ strength: 0.2, enough: true });
    expect(safeStrength(nineteen, 0.1).risk).toBeCloseTo(0.1, 12);
    expect(safeStrength(nineteen, 0.3).strength).toBe(0.6);
    expect(safeStrength(nineteen, 0.14).strength).toBe(0.2);
  });

  it('is the largest at which the bound of the risk is within α', () => {
    const { strength } = safeStrength(nineteen, 0.3);
    const [at, beyond] = riskBound(nineteen, [strength, strength + 1e-9]);
    expect(at).toBeCloseTo(0.3, 12);
    expect(beyond).toBeGreaterThan(0.3);
    expect([...violatedShare(nineteen, [0, 0.1, 0.2, 5])]).toEqual([0, 0, 1 / 19, 1]);
  });

  it('is 0 of too few prompts, and says so', () => {
    expect(fewest(0.1)).toBe(9);
    const eight = new Float64Array(8).fill(2);
    expect(safeStrength(eight, 0.1)).toEqual({ strength: 0, enough: false, risk: 0 });
    expect(safeStrength(new Float64Array(9).fill(2), 0.1)).toMatchObject({ strength: 2, enough: true });
    expect(safeStrength(new Float64Array(0), 0.5)).toMatchObject({ strength: 0, enough: false });
  });

  it('takes what is no number as allowing nothing', () => {
    expect(safeStrength([NaN, ...nineteen], 0.1)).toMatchObject({ strength: 0.1, enough: true });
    expect(safeStrength([NaN, NaN, ...nineteen], 0.1)).toMatchObject({ strength: 0, enough: true });
    expect(violatedShare([NaN, 1], [0.5])[0]).toBe(0.5);
  });

  it.each([0, 1, -1, NaN])('refuses α = %f', (alpha) => {
    expect(() => safeStrength(nineteen, alpha)).toThrow(expect.objectContaining({ code: 'conformal-level' }));
  });
});

/** Planted prompts: an effect grows as sensitivity · λ², so that prompts allow √(limit ÷ sensitivity), up to the grid's end. */
function plantedStrengths(count: number, draw: number, round: (value: number) => number): Float64Array {
  const strengths = Array.from({ length: 41 }, (_, k) => k / 20);
  const normals = stream(7, 'planted effects', draw).normal(new Float32Array(count));
  return Float64Array.from(normals, (normal) => {
    const sensitivity = round(Math.exp(normal));
    return largestWithin(strengths, [
      { values: strengths.map((lambda) => sensitivity * lambda * lambda), limit: 0.5 },
    ]);
  });
}

describe('over planted prompts', () => {
  /** Share of splits in which the prompt after the n calibration ones is violated. */
  function violated(n: number, alpha: number, round: (value: number) => number, splits = 4000): number {
    let count = 0;
    for (let split = 0; split < splits; split++) {
      const all = plantedStrengths(n + 1, split, round);
      const { strength } = safeStrength(all.subarray(0, n), alpha);
      count += violatedShare(all.subarray(n), [strength])[0]!;
    }
    return count / splits;
  }

  it.each([
    [19, 0.1, 2 / 20],
    [25, 0.1, 2 / 26],
    [40, 0.2, 8 / 41],
    [12, 0.05, 0],
  ])('a fresh one is violated as often as it must be: %i prompts, α = %f', (n, alpha, chance) => {
    const error = Math.sqrt((chance * (1 - chance)) / 4000);
    expect(Math.abs(violated(n, alpha, (value) => value) - chance)).toBeLessThanOrEqual(4 * error);
  });

  it('equal prompts are violated more rarely, never more often', () => {
    const found = violated(39, 0.2, (value) => Math.max(0.5, Math.round(value)));
    expect(found).toBeLessThan(0.2 - 0.05);
    expect(violated(39, 0.2, () => 1, 50)).toBe(0);
  });

  it('a stricter level never allows more', () => {
    const allowed = plantedStrengths(200, 0, (value) => value);
    const strengths = [0.01, 0.05, 0.1, 0.2, 0.5, 0.9].map((alpha) => safeStrength(allowed, alpha).strength);
    expect(strengths).toEqual([...strengths].sort((a, b) => a - b));
    expect(new Set(strengths).size).toBe(6);
  });
});

describe('side effects of sums over tokens', () => {
  const values = (...of: number[]) => Float64Array.from(of);
  const none = { unsteered: 0, steered: values(0, 0) };
  const sums = {
    ...{ tokens: 10, divergence: values(0, 5), unsteered: -18, steered: values(-18, -27) },
    traits: {
      ...{ negations: none, 'sentence-ends': none },
      digits: { unsteered: 2, steered: values(2, 3) },
      capitals: { unsteered: 0.01, steered: values(0.01, 0.02) },
    },
  };

  it('are per token, as a ratio, and relative to what was there', () => {
    expect([...divergencePerToken(sums)]).toEqual([0, 0.5]);
    expect([...perplexityRatio(sums)]).toEqual([1, Math.exp(1)]);
    expect(traitChange(sums, 'digits')[1]).toBeCloseTo(0.5, 12);
    // A tenth of a percent more of what was a tenth of a percent: of at least one percent that is a tenth.
    expect(traitChange(sums, 'capitals')[1]).toBeCloseTo(0.1, 12);
  });

  it('are summed up over prompts', () => {
    const effects = [
      [0, 1],
      [0, 2],
      [0, 9],
    ];
    expect([...meanOver(effects, 2)]).toEqual([0, 4]);
    expect([...quantileOver(effects, 2, 0.9)]).toEqual([0, 9]);
    expect([...quantileOver(effects, 2, 2 / 3)]).toEqual([0, 2]);
  });
});
