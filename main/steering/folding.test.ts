/** @file Folded weights against the operator behind them, random maps of the same norm, and the band of chance. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { codeOf } from '../../native-models/testing/code-of';
import { expectClose } from '../../native-models/testing/expect-close';
import { randomMapsLike } from './control';
import { foldedUnits, foldIntoLinear, foldIntoNorm, pushShift, type LinearWeights } from './folding';
import { applyMap, makeMap } from './map';
import { nullBand } from './null-band';

const draw = (label: string, count: number) => stream(1, label).normal(new Float32Array(count));
const [inputs, outputs] = [6, 4];
const map = makeMap({ hook: 'mlp_out:0', w: draw('w', 4), beta: draw('beta', 4), units: [1, 1, 0, 1] });
const close = { rtol: 1e-5, atol: 1e-6 };

function through({ weight, bias }: LinearWeights, x: ArrayLike<number>): Float64Array {
  const count = weight.length / x.length;
  return Float64Array.from({ length: count }, (_, output) => {
    let sum = bias?.[output] ?? 0;
    for (let k = 0; k < x.length; k++) sum += weight[output * x.length + k]! * x[k]!;
    return sum;
  });
}

describe('folding', () => {
  it.each([0, 0.5, 1, 2])('after a linear map, with and without a bias, at λ = %d', (lambda) => {
    for (const bias of [null, draw('bias', outputs)]) {
      const linear = { weight: draw('G', inputs * outputs), bias };
      const folded = foldIntoLinear(linear, foldedUnits(map, lambda));
      const x = draw('x', inputs);
      expectClose(through(folded, x), applyMap(map, through(linear, x), lambda), close);
    }
  });

  it('after a norm with a bias, and without one into the maps that read it', () => {
    const [gain, normed] = [draw('gain', 4), draw('normed', 4)];
    const scaled = (by: Float32Array, and: Float32Array | null) =>
      normed.map((value, k) => value * by[k]! + (and?.[k] ?? 0));
    const next = { weight: draw('next', 12), bias: null };
    const bias = draw('norm bias', 4);
    const layerNorm = foldIntoNorm(gain, bias, foldedUnits(map, 0.7));
    expect(layerNorm.push).toBeNull();
    expectClose(scaled(layerNorm.gain, layerNorm.bias), applyMap(map, scaled(gain, bias), 0.7), close);
    const rms = foldIntoNorm(gain, null, foldedUnits(map, 0.7));
    expectClose(
      through(pushShift(next, rms.push!), scaled(rms.gain, null)),
      through(next, applyMap(map, scaled(gain, null), 0.7)),
      close,
    );
  });

  it('refuses what depends on the value or the token', () => {
    const masked = makeMap({ ...map, lo: [0, 0, 0, 0], hi: [1, 1, 1, 1] });
    expect(codeOf(() => foldedUnits(masked, 1))).toBe('steering-fold-support');
    expect(codeOf(() => foldedUnits(map, 1, false))).toBe('steering-fold-first');
    // A support of units that are not steered is none.
    expect(codeOf(() => foldedUnits(makeMap({ ...masked, units: [0, 0, 0, 0] }), 1))).toBe('nothing thrown');
  });
});

it('a random map is as long as the fitted one and points elsewhere', () => {
  const wide = makeMap({
    hook: 'a',
    w: draw('w', 400),
    beta: draw('beta', 400),
    units: draw('on', 400).map((x) => Number(x > 0)),
  });
  const [random] = randomMapsLike([wide], 3);
  const length = (values: Float32Array) => Math.hypot(...values);
  expect(length(random!.beta) / length(wide.beta)).toBeCloseTo(1, 5);
  expect(length(random!.w.map((w) => w - 1)) / length(wide.w.map((w) => w - 1))).toBeCloseTo(1, 5);
  const cosine =
    wide.beta.reduce((sum, beta, unit) => sum + beta * random!.beta[unit]!, 0) / length(wide.beta) ** 2;
  expect(Math.abs(cosine)).toBeLessThan(0.2);
  expect(random!.units).toEqual(wide.units);
  const shift = makeMap({ hook: 'a', w: [1, 1], beta: [1, 2], form: 'add' });
  expect([...randomMapsLike([shift], 0)[0]!.w]).toEqual([1, 1]);
});

describe('nullBand', () => {
  const options = { method: 'linear-act', seed: 0, draws: 200 } as const;

  it('holds the identity and most lines of two sides that are the same', () => {
    let inside = 0;
    for (let trial = 0; trial < 20; trial++) {
      const [a, b] = [draw(`a ${trial}`, 64), draw(`b ${trial}`, 64)];
      const band = nullBand(a, b, options);
      inside += Number(band.inside);
      const middle = band.at.length >> 1;
      expect(band.low[middle]! < band.at[middle]! && band.at[middle]! < band.high[middle]!).toBe(true);
    }
    expect(inside).toBeGreaterThanOrEqual(14);
  });

  it('does not hold the line of sides that differ', () => {
    const moved = draw('b', 64).map((value) => value + 1);
    const band = nullBand(draw('a', 64), moved, options);
    expect(band.inside).toBe(false);
    expect(band.line.beta).toBeGreaterThan(0.5);
    expect(nullBand(draw('a', 64), moved, options)).toEqual(band);
  });
});
