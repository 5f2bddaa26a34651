/** @file One hook fitted as a session does it, its support, what is said of its units, and the best units of several hooks. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { codeOf } from '../../native-models/testing/code-of';
import { expectClose } from '../../native-models/testing/expect-close';
import type { SteeringMethod } from '../contract/steering';
import { lineMap, throughLine } from '../transport/line';
import { fitHook, keepBest } from './fit';
import { fitters } from './fitters';
import { applyMap } from './map';
import { presets } from './presets';
import { rankUnits, unitHeat } from './ranking';
import { fitNoise } from './samples';
import { hasSupport, supportNames, supportOf, transportedShare } from './support';
import { fromUnits, normalRows, randomSides } from './testing/sides';

const golden = { source: fromUnits([3, -1, 0.5, 2, -2.5, 1]), target: fromUnits([4, 1, 0, 6, 2, 5]) };

describe('fitHook', () => {
  it('makes a map that brings the source to the target, and tells by how much', () => {
    const sides = randomSides(100, 20);
    const { map, fits } = fitHook('norm_attn_in:0', sides, { method: 'linear-act', seed: 0 });
    const pushed = { ...sides.source, data: Float32Array.from(applyMap(map, sides.source.data, 1)) };
    const again = fitHook(
      'norm_attn_in:0',
      { source: pushed, target: sides.target },
      { method: 'linear-act', seed: 0 },
    );
    expectClose(again.fits.before, fits.after, { rtol: 1e-4 });
    for (let unit = 0; unit < 20; unit++) expect(fits.after[unit]).toBeLessThan(fits.before[unit]!);
  });

  it('has the figures of the golden vector', () => {
    const { fits, warnings } = fitHook('a', golden, { method: 'linear-act', seed: 0 });
    expect(fits.before[0]).toBeCloseTo(2.565801, 6);
    expect(fits.after[0]! ** 2).toBeCloseTo(0.258333, 6);
    expect(fits.score[0]).toBeCloseTo(0.03983, 5);
    expect(fits.slope[0]).toBeCloseTo(0.15, 6);
    expect(warnings).toEqual(['6 texts a side: w ± 0.41 by chance']);
  });

  it('leaves no more than the exact map does', () => {
    const sides = randomSides(80, 4);
    const { map } = fitHook('a', sides, { method: 'linear-act', seed: 0 });
    for (let unit = 0; unit < 4; unit++) {
      const [a, b] = [sides.source, sides.target].map(({ data }) =>
        data.filter((_, at) => at % 4 === unit).sort(),
      );
      const exact = lineMap(a!, b!);
      const cost = (to: (value: number) => number) =>
        a!.reduce((sum, value, i) => sum + (to(value) - b![i]!) ** 2, 0);
      const linear = cost((value) => map.w[unit]! * value + map.beta[unit]!);
      expect(cost((value) => throughLine(exact, value))).toBeLessThan(1e-9);
      // Least squares: no other line through the sorted pairs is closer.
      for (const [dw, db] of [
        [0.01, 0],
        [-0.01, 0],
        [0, 0.01],
        [0, -0.01],
      ])
        expect(cost((value) => (map.w[unit]! + dw!) * value + map.beta[unit]! + db!)).toBeGreaterThan(linear);
    }
  });

  it('balances unequal counts by a seeded choice, and says so', () => {
    const source = normalRows(1, 'source', 90, 3);
    const target = normalRows(1, 'target', 70, 3);
    const fit = (seed: number) => fitHook('a', { source, target }, { method: 'linear-act', seed });
    expect(fit(0)).toMatchObject({
      n: 70,
      warnings: ['20 texts of the source were left out, so that both sides have as many'],
    });
    expect(fit(0).map).toEqual(fit(0).map);
    expect(fit(0).map.w).not.toEqual(fit(1).map.w);
  });

  it('refuses samples that are none', () => {
    const fit = (source: ReturnType<typeof fromUnits>, target = golden.target) =>
      codeOf(() => fitHook('a', { source, target }, { method: 'linear-act', seed: 0 }));
    expect(fit(fromUnits([NaN, 1]))).toBe('steering-samples');
    expect(fit(fromUnits([]))).toBe('steering-samples');
    expect(fit(fromUnits([1, 2], [3, 4]))).toBe('steering-samples');
    const tokens = fromUnits([1, 2], [3, 4]);
    const withTokens = () => fitHook('a', golden, { method: 'linear-act', seed: 0, tokens });
    expect(codeOf(withTokens)).toBe('steering-samples');
    expect(codeOf(() => fitHook('a', golden, { method: 'linear-act', seed: 0, supportFrom: 'tokens' }))).toBe(
      'steering-tokens',
    );
  });

  it('fits every method of the table but LinEAS, in the form that the table says', () => {
    for (const [method, preset] of Object.entries(presets) as [
      SteeringMethod,
      (typeof presets)[SteeringMethod],
    ][]) {
      if (method === 'lineas') continue;
      const sides =
        preset.texts === 'one'
          ? { source: fromUnits([1], [2]), target: fromUnits([2], [5]) }
          : randomSides(64, 4);
      const { map } = fitHook('a', sides, { method, seed: 0 });
      expect(map.form).toBe(preset.form);
      expect(hasSupport(map)).toBe(false);
    }
    expect(Object.keys(fitters)).toHaveLength(Object.keys(presets).length - 1);
  });
});

it('has, where both sides are the same, as much chance as is told', () => {
  const units = 400;
  for (const texts of [16, 64, 256]) {
    const draw = (label: string) => ({
      data: stream(8, label, texts).normal(new Float32Array(texts * units)),
      rows: texts,
      columns: units,
    });
    const { w, beta } = fitters['linear-act'](
      { source: draw('a'), target: draw('b') },
      { seed: 0, groupWidth: null },
    );
    const deviation = (values: Float64Array, centre: number) =>
      Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / units);
    expectClose([deviation(w, 1), deviation(beta, 0)], [fitNoise(texts).w, fitNoise(texts).beta], {
      rtol: 0.25,
    });
  }
});

describe('supports', () => {
  const side = normalRows(4, 'support', 200, 7);

  it('are the extremes, or quantiles, of every unit; both ends strict', () => {
    for (const name of supportNames.filter((each) => each !== 'q_all')) {
      const { map } = fitHook(
        'a',
        { source: side, target: side },
        { method: 'mean-act', support: name, seed: 0 },
      );
      const inside = [...side.data].filter(
        (value, at) => map.lo[at % 7]! < value && value < map.hi[at % 7]!,
      ).length;
      expect(transportedShare(map, side)).toBe(inside / side.data.length);
      const [low, high] = name.slice(2).split('_').map(Number);
      const wanted = (high! - low!) / 100;
      expect(Math.abs(inside / side.data.length - wanted)).toBeLessThan(0.011);
    }
    const { lo, hi } = supportOf(fromUnits([0, 1, 2, 3, 4]), 'q_10_90');
    expectClose([lo[0]!, hi[0]!], [0.4, 3.6], { rtol: 1e-6 });
  });

  it('let everything pass with q_all, and warn where a value is too large for it', () => {
    expect(supportOf(side, 'q_all')).toMatchObject({ warnings: [] });
    expect(supportOf(fromUnits([1e6, 2e7, 1]), 'q_all').warnings).toEqual([
      '2 of 3 values reach 1e6 and are not transported by q_all',
    ]);
    expect(supportOf(fromUnits([1, 1]), 'q_0_100').warnings).toHaveLength(1);
  });

  it('let fewer tokens through than pooled values, for tokens spread more; measured on tokens they do not', () => {
    // A tenth of the variance lies between texts.
    const [texts, length, units] = [128, 25, 40];
    const means = stream(6, 'means').normal(new Float32Array(texts * units));
    const tokens = stream(6, 'tokens')
      .normal(new Float32Array(texts * length * units))
      .map((value, at) => {
        const text = Math.floor(at / (length * units));
        return Math.sqrt(0.9) * value + Math.sqrt(0.1) * means[text * units + (at % units)]!;
      });
    const pooled = new Float32Array(texts * units);
    tokens.forEach((value, at) => {
      pooled[Math.floor(at / (length * units)) * units + (at % units)]! += value / length;
    });
    const source = { data: pooled, rows: texts, columns: units };
    const settings = {
      ...({ method: 'linear-act', seed: 0, support: 'q_0_100' } as const),
      tokens: { data: tokens, rows: texts * length, columns: units },
    };
    const fromPooled = fitHook('a', { source, target: source }, settings);
    // Extremes of 128 normals lie near ±2.6 deviations, here √(.1 + .9/25) of a token's: 2Φ(.96) − 1 = 66 %. (A single unit varies by 10 points.)
    expect(Math.abs(fromPooled.transported.tokens - 0.66)).toBeLessThan(0.02);
    expect(fromPooled.transported.pooled).toBe(126 / 128);
    const fromTokens = fitHook('a', { source, target: source }, { ...settings, supportFrom: 'tokens' });
    expect(fromTokens.transported.tokens).toBe(1 - 2 / (texts * length));
  });
});

describe('the best of all units', () => {
  const at = (seed: number) =>
    fitHook(`mlp_act:${seed}`, randomSides(50, 10, seed), { method: 'det-0', seed: 0 });

  it('are steered over all hooks together, the rest not at all', () => {
    const fits = [at(1), at(2)];
    const kept = keepBest(fits, { of: 'units', count: 4, above: 0.5 });
    const merits = fits.flatMap(({ merit }) => [...merit!]).sort((a, b) => b - a);
    kept.forEach(({ map }, k) =>
      map.units.forEach((on, unit) => {
        expect(on).toBe(Number(fits[k]!.merit![unit]! >= merits[3]!));
        expect(map.w[unit]).toBe(on ? 0 : 1);
      }),
    );
    expect(kept.flatMap(({ map }) => [...map.units]).filter((on) => on === 1)).toHaveLength(4);
  });

  it('may be heads, and never those at chance', () => {
    const fit = fitHook('v:0', randomSides(200, 12), { method: 'iti-m', seed: 0, groupWidth: 4 });
    const [kept] = keepBest([fit], { of: 'heads', count: 1, above: 0.5 }, [4]);
    const best = Math.max(...fit.merit!);
    const first = fit.merit!.indexOf(best);
    expect([...kept!.map.units]).toEqual(
      Array.from({ length: 12 }, (_, unit) => Number(Math.floor(unit / 4) === first / 4)),
    );
    expect([...keepBest([fit], { of: 'heads', count: 9, above: 1 }, [4])[0]!.map.units]).toEqual(
      new Array(12).fill(0),
    );
  });

  it('are listed by what is asked', () => {
    const { fits } = fitHook('a', randomSides(60, 8), { method: 'linear-act', seed: 0 });
    const gains = [...rankUnits(fits, 'gain')].map((unit) => fits.before[unit]! - fits.after[unit]!);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    const scores = [...rankUnits(fits, 'score')].map((unit) => fits.score[unit]!);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    const unknown = { ...fits, shift: fits.shift.map((value, unit) => (unit === 0 ? NaN : value)) };
    expect(rankUnits(unknown, 'shift')[7]).toBe(0);
  });

  it('make a heat map of hooks and bins, the most remarkable unit of each bin', () => {
    const fits = [8, 4].map(
      (units) => fitHook('a', randomSides(60, units), { method: 'linear-act', seed: 0 }).fits,
    );
    const [wide, narrow] = fits;
    const heat = unitHeat(fits, 'slope', 4);
    expect(heat[1]).toBe(Math.fround(Math.max(wide!.slope[2]!, wide!.slope[3]!)));
    expect([...heat.subarray(4)]).toEqual([...narrow!.slope].map(Math.fround));
    expect(unitHeat(fits, 'score', 1)[0]).toBe(Math.fround(Math.min(...wide!.score)));
    expect(unitHeat([narrow!], 'gain', 8)[1]).toBeNaN();
  });
});
