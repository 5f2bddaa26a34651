/** @file Where the loss over the learning rate is lowest, how that moves with scale, and when nothing can be said. */
import { describe, expect, it } from 'vitest';
import { hasOptimum, lossAt, optimumOf, ratePoints, type Optimum, type RateCurve } from './rate-curve';
import { octavesPerDoubling, predictRate, scaleOptima, type ScaleCurve } from './scales';

const RATES = Array.from({ length: 7 }, (_, k) => 2 ** (k - 9));

/** A bowl of loss 2 at log₂ rate `at`, half a nat an octave squared, with seeds apart by `noise` in loss and place. */
function bowl(at: number, { noise = 0, seeds = 3, floor = 2 } = {}): RateCurve {
  return {
    rates: RATES,
    losses: RATES.map((rate) =>
      Array.from({ length: seeds }, (_, seed) => {
        const shift = noise * (seed - (seeds - 1) / 2);
        return floor + 0.5 * (Math.log2(rate) - at - shift) ** 2 + shift;
      }),
    ),
  };
}

describe('the optimum of a curve', () => {
  it('is exact where the loss is a parabola, wherever the grid lies', () => {
    for (const at of [-7, -6.4, -5.01]) {
      const found = optimumOf(ratePoints(bowl(at))) as Optimum;
      expect(found.log2Rate).toBeCloseTo(at, 12);
      expect(found.loss).toBeCloseTo(2, 12);
      expect(found.curvature).toBeCloseTo(1, 12);
    }
  });

  it('does not depend on an offset of the loss', () => {
    const [low, high] = [0, 1e6].map((floor) => optimumOf(ratePoints(bowl(-6.3, { floor }))) as Optimum);
    expect(high!.log2Rate).toBeCloseTo(low!.log2Rate, 6);
  });

  it('is none at the edge of the grid, and says which rate to add', () => {
    expect(optimumOf(ratePoints(bowl(-12)))).toEqual({ why: 'lowest at the smallest rate', try: 2 ** -10 });
    expect(optimumOf(ratePoints(bowl(0)))).toEqual({ why: 'lowest at the largest rate', try: 2 ** -2 });
    expect(optimumOf([])).toEqual({ why: 'too few rates', try: null });
  });

  it('leaves out a rate at which any seed diverged: the survivors alone would flatter it', () => {
    const curve = bowl(-6);
    const losses = curve.losses.map((row, at) => (at === 6 ? [null, 0.1, 0.1] : row));
    const points = ratePoints({ ...curve, losses });
    expect(points).toHaveLength(6);
    expect(optimumOf(points)).toMatchObject({ log2Rate: expect.closeTo(-6, 9) as number });
    expect(lossAt(points, Math.log2(RATES[6]!))).toBeNull();
  });
});

describe('over scales', () => {
  const widths = [64, 128, 256, 512];
  const family = (move: number, noise = 0.02): ScaleCurve[] =>
    widths.map((scale, k) => ({ scale, ...bowl(-6 + move * k, { noise, floor: 2 - 0.1 * k }) }));

  it('a rule that transfers has no drift and no regret; one that does not has both', () => {
    const kept = scaleOptima(family(0));
    const moved = scaleOptima(family(-1));
    expect(kept.map(({ drift }) => drift)).toEqual(widths.map(() => expect.closeTo(0, 9) as number));
    expect(kept[3]!.regret).toBeCloseTo(0, 9);
    expect(moved[2]!.drift).toBeCloseTo(-2, 9);
    // Two octaves off on a bowl of half a nat an octave squared.
    expect(moved[2]!.regret).toBeCloseTo(2, 1);
    const [low, high] = kept[0]!.interval!;
    expect(low).toBeLessThan(-6);
    expect(high).toBeGreaterThan(-6);
  });

  it('octaves per doubling have an interval that holds the truth', () => {
    const { slope, interval } = octavesPerDoubling(family(-0.5))!;
    expect(slope).toBeCloseTo(-0.5, 9);
    expect(interval![0]).toBeLessThanOrEqual(-0.5 + 1e-9);
    expect(interval![1]).toBeGreaterThanOrEqual(-0.5 - 1e-9);
    expect(octavesPerDoubling(family(0).slice(0, 1))).toBeNull();
  });

  it('predicts a scale that was not trained, wider the further away', () => {
    const near = predictRate(family(-0.1), 512);
    const far = predictRate(family(-0.1), 4096);
    if ('why' in near || 'why' in far) throw new Error('there is a prediction');
    expect(far.log2Rate).toBeCloseTo(-6.6, 9);
    expect(far.loss).toBeCloseTo(1.4, 3);
    expect(far.beyond).toBeCloseTo(3, 12);
    const width = ([low, high]: [number, number]) => high - low;
    expect(width(far.interval)).toBeGreaterThanOrEqual(width(near.interval));
    expect(far.from).toEqual(widths);
  });

  it('optima off their line widen the prediction', () => {
    const straight = family(0, 0);
    const crooked = straight.map((curve, k) => ({ ...curve, ...bowl(-6 + (k % 2 === 0 ? 0.3 : -0.3)) }));
    const [a, b] = [straight, crooked].map((curves) => predictRate(curves, 1024));
    if ('why' in a! || 'why' in b!) throw new Error('there is a prediction');
    expect(a!.interval[1] - a!.interval[0]).toBeCloseTo(0, 9);
    expect(b!.interval[1] - b!.interval[0]).toBeGreaterThan(1);
    expect(b!.lineSeen).toBe(true);
  });

  it('predicts nothing from optima at the edge, and names the rates to add', () => {
    const edge = widths.map((scale) => ({ scale, ...bowl(-12) }));
    expect(predictRate(edge, 1024)).toEqual({
      why: 'fewer than two scales have an optimum between their learning rates',
      try: widths.map((scale) => ({ scale, rate: 2 ** -10 })),
    });
    expect(scaleOptima(edge).every(({ found, drift }) => !hasOptimum(found) && drift === null)).toBe(true);
  });

  it('tells nothing of an interval with one seed', () => {
    const one = widths.map((scale) => ({ scale, ...bowl(-6, { seeds: 1 }) }));
    expect(scaleOptima(one)[0]!.interval).toBeNull();
    expect(octavesPerDoubling(one)!.interval).toBeNull();
  });
});
