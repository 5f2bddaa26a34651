/** @file The rule for scaling hyperparameters: the paper's table number by number, and what must not change by it. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../testing/code-of';
import golden from './golden.json';
import { depthFactor, profileAt } from './depth';
import { noMultipliers, resolve, type TensorPlace } from './resolve';
import { attentionScale, coupledDecay, independentDecay } from './decay';
import type { Hyperparameters, Multipliers, Parameterisation, ScaleConfiguration, TensorKind } from './types';

const KINDS = Object.keys(golden.alpha['1'].kinds) as TensorKind[];
const OUTSIDE: readonly TensorKind[] = ['embed', 'pos', 'norm.final', 'unembed', 'bias.out'];
const places: TensorPlace[] = KINDS.map((kind) => ({ kind, layer: OUTSIDE.includes(kind) ? null : 0 }));

const base: ScaleConfiguration = { width: 64, depth: 2, batch: 1024, duration: 2 ** 21 };
const rule: Parameterisation = {
  ...{ name: 'complete-d-p', base, alpha: 1, durationExponent: 0.5, weightDecay: 'coupled' },
  ...{ decayGrowsWithWidth: true, tied: false, finalNormEpsilon: 'paper' },
  parts: { learningRate: true, betas: true, weightDecay: true, epsilon: true },
};
const hyper: Hyperparameters = {
  ...{ learningRate: 0.01, weightDecay: 0.1, epsilon: 1e-8, deviation: 1 },
  ...{ restOfBeta1: 0.1, restOfBeta2: 0.05 },
};

/** The base times ratios. */
function scaled(ratios: Partial<ScaleConfiguration>, from = base): ScaleConfiguration {
  const { width = 1, depth = 1, batch = 1, duration = 1 } = ratios;
  return {
    width: width * from.width,
    depth: depth * from.depth,
    batch: batch * from.batch,
    duration: duration * from.duration,
  };
}

const at = (ratios: Partial<ScaleConfiguration>, change: Partial<Parameterisation> = {}) =>
  resolve({ ...rule, ...change }, hyper, noMultipliers, scaled(ratios), places);
const of = (resolved: ReturnType<typeof resolve>, kind: TensorKind) =>
  resolved.groups.find((group) => group.kind === kind)!;

/** Ratios of every size, not round ones. */
const RATIOS = Array.from({ length: 24 }, (_, k) => ({
  width: 2 ** (((k * 7) % 9) / 2 - 1),
  depth: 1 + (k % 6),
  batch: 2 ** (((k * 5) % 7) / 3 - 1),
  duration: 2 ** (((k * 11) % 8) / 2),
}));

describe('at the base', () => {
  it.each(['sp', 'mup', 'completep', 'complete-d-p'] as const)('%s is the identity', (name) => {
    const { groups, residual, logits, steps } = at({}, { name });
    for (const group of groups) {
      const decayed = /^(embed|pos|attn|mlp|unembed)/.test(group.kind);
      expect(group.hyper).toEqual({ ...hyper, weightDecay: decayed ? hyper.weightDecay : 0 });
      expect(Object.values(group.factors).flat()).toEqual([]);
    }
    expect(residual).toEqual([1, 1, 1, 1]);
    expect(logits).toBe(1);
    expect(steps).toBe(2048);
  });
});

describe('the table of the paper', () => {
  it.each(['1', '0.5'] as const)('number by number, α = %s', (alpha) => {
    const { kinds, residual } = golden.alpha[alpha];
    const resolved = at(golden.ratios, { alpha: Number(alpha) });
    for (const [kind, [deviation, learningRate, epsilon, weightDecay]] of Object.entries(kinds)) {
      const found = of(resolved, kind as TensorKind).hyper;
      const expected = {
        deviation: deviation!,
        learningRate: learningRate! * hyper.learningRate,
        epsilon: epsilon! * hyper.epsilon,
        weightDecay: weightDecay! * hyper.weightDecay,
        restOfBeta1: golden.restOfBeta * hyper.restOfBeta1,
        restOfBeta2: golden.restOfBeta * hyper.restOfBeta2,
      };
      for (const [key, value] of Object.entries(expected))
        expect(found[key as keyof Hyperparameters] - value, `${kind} ${key}`).toBeCloseTo(0, 14);
    }
    expect(resolved.residual[0]).toBeCloseTo(residual, 14);
  });

  it('tells the factors of every number', () => {
    const { factors } = of(at(golden.ratios), 'mlp.in');
    expect(factors.learningRate).toEqual([
      { from: 'width', formula: 'm_N^-1', value: 0.25 },
      { from: 'batch and duration', formula: '√(m_B/m_D)', value: Math.sqrt(1 / 8) },
    ]);
    expect(factors.epsilon!.map(({ formula }) => formula)).toEqual(['m_N^-1', 'm_L^-1', '√(m_D/m_B)']);
  });

  it('has CompleteP in its own form: a multiplier of the logits, and no rule for batch and duration', () => {
    const resolved = at(golden.ratios, { name: 'completep' });
    expect(resolved.logits).toBe(0.25);
    expect(of(resolved, 'unembed').hyper).toMatchObject({
      deviation: 1,
      learningRate: 0.01,
      weightDecay: 0.1,
    });
    expect(of(resolved, 'unembed').hyper.epsilon).toBeCloseTo(0.25e-8, 20);
    expect(of(resolved, 'embed').hyper.epsilon).toBe(1e-8);
  });

  it('has nothing of depth in µP, and nothing but fan-in in the standard one', () => {
    expect(at(golden.ratios, { name: 'mup' }).residual[0]).toBe(1);
    expect(of(at(golden.ratios, { name: 'mup' }), 'attn.q').hyper.learningRate).toBeCloseTo(0.0025, 15);
    const standard = at(golden.ratios, { name: 'sp' });
    expect(of(standard, 'attn.q').hyper).toMatchObject({ deviation: 0.5, learningRate: 0.01, epsilon: 1e-8 });
  });

  it('can leave out its parts one by one', () => {
    const parts = { ...rule.parts, learningRate: false, epsilon: false };
    const { hyper: found } = of(at({ batch: 4 }, { parts }), 'embed');
    expect(found).toMatchObject({ learningRate: 0.01, epsilon: 1e-8, weightDecay: 0.2, restOfBeta1: 0.4 });
  });
});

describe('what does not change', () => {
  const value = (ratios: ScaleConfiguration, of_: (hp: Hyperparameters, steps: number) => number) => {
    const resolved = at(ratios);
    const { hyper: hp } = of(resolved, 'mlp.in');
    // Without rounding to whole steps.
    const { batch, duration } = scaled(ratios);
    return of_(hp, duration / batch);
  };

  it('η·λ·S, η²·S over batch and duration, and (1 − β)·S', () => {
    const one = { width: 1, depth: 1, batch: 1, duration: 1 };
    for (const ratios of RATIOS) {
      const decay = (hp: Hyperparameters, steps: number) => hp.learningRate * hp.weightDecay * steps;
      const horizon = (hp: Hyperparameters, steps: number) => hp.learningRate ** 2 * steps;
      const memory = (hp: Hyperparameters, steps: number) => hp.restOfBeta2 * steps;
      expect(value(ratios, decay) / value(one, decay)).toBeCloseTo(1, 12);
      expect(
        value({ ...one, batch: ratios.batch, duration: ratios.duration }, horizon) / value(one, horizon),
      ).toBeCloseTo(1, 12);
      expect(value(ratios, memory) / value(one, memory)).toBeCloseTo(1, 12);
    }
  });

  it('bits, where batch and duration grow alike', () => {
    for (const both of [2, 4, 1 / 2, 3])
      expect(at({ batch: both, duration: both }).groups).toEqual(at({}).groups);
  });

  it('one transfer after another is one of the product', () => {
    for (const [k, first] of RATIOS.entries()) {
      const second = RATIOS[(k + 7) % RATIOS.length]!;
      const middle = scaled(first);
      const once = resolve(rule, hyper, noMultipliers, scaled(second, middle), places);
      for (const kind of KINDS) {
        const half = of(resolve(rule, hyper, noMultipliers, middle, places), kind).hyper;
        const whole = of(
          resolve(
            { ...rule, base: middle },
            { ...half, weightDecay: half.weightDecay },
            noMultipliers,
            scaled(second, middle),
            places,
          ),
          kind,
        ).hyper;
        for (const key of Object.keys(whole) as (keyof Hyperparameters)[])
          expect(Math.abs(whole[key] - of(once, kind).hyper[key])).toBeLessThanOrEqual(
            1e-12 * Math.abs(whole[key]),
          );
      }
    }
  });
});

describe('limits', () => {
  it('warns where β is stretched and refuses where it is used up', () => {
    expect(at({ batch: 5 }).warnings.map(({ code }) => code)).toContain('beta-stretched');
    expect(codeOf(() => at({ batch: 10 }))).toBe('beta-out-of-range');
    expect(at({}).warnings).toEqual([]);
  });

  it('warns of a memory longer than the training, a decay too short, a base too little trained', () => {
    const short = { ...base, duration: 10 * base.batch };
    const facts = { baseParameters: 100_000, decayShare: 0.2 };
    const { warnings } = resolve({ ...rule, base: short }, hyper, noMultipliers, short, places, facts);
    expect(warnings.map(({ code }) => code)).toEqual(['beta-memory', 'short-decay', 'under-trained']);
  });

  it('refuses sizes and exponents that are none', () => {
    expect(codeOf(() => at({ width: 0 }))).toBe('scale-invalid');
    expect(codeOf(() => at({}, { alpha: 0.3 }))).toBe('alpha-invalid');
  });
});

describe('multipliers', () => {
  const depth: Multipliers['depth'] = {
    knots: [0, 0.5, 1],
    factors: { learningRate: [1, 4, 0.25] },
    between: 'log',
  };

  it('are a factor of the kind times one of the depth', () => {
    const multipliers = { ...noMultipliers, kind: { 'mlp.in': { learningRate: 3 } }, depth };
    const tensors: TensorPlace[] = [0, 1, 2].map((layer) => ({ kind: 'mlp.in', layer }));
    const { groups } = resolve(rule, hyper, multipliers, scaled({ depth: 1.5 }), tensors);
    expect(groups.map(({ hyper: found }) => found.learningRate)).toEqual([0.03, 0.12, 0.0075]);
  });

  it('lie between knots on logarithms, or on a line', () => {
    expect(depthFactor(depth, 'learningRate', 1, 5)).toBeCloseTo(2, 14);
    expect(depthFactor({ ...depth, between: 'linear' }, 'learningRate', 1, 5)).toBeCloseTo(2.5, 14);
    expect(depthFactor(depth, 'epsilon', 1, 5)).toBe(1);
    expect(codeOf(() => depthFactor({ ...depth, knots: [0, 1] }, 'learningRate', 0, 2))).toBe(
      'depth-profile',
    );
  });

  it('go to twice the depth and back without a change', () => {
    const there = profileAt(depth, [0, 0.25, 0.5, 0.75, 1]);
    expect(there.factors.learningRate).toHaveLength(5);
    expect(profileAt(there, depth.knots)).toEqual(depth);
  });
});

it('weight decay has two conventions and attention two scales', () => {
  expect(coupledDecay(independentDecay(0.1, 0.02), 0.02)).toBeCloseTo(0.1, 15);
  expect(attentionScale(16, 16)).toBe(0.25);
  expect(attentionScale(64, 16)).toBe(4 / 64);
  const independent = at({ width: 4, batch: 2 }, { weightDecay: 'independent' });
  expect(of(independent, 'mlp.in').hyper.weightDecay).toBeCloseTo(0.2, 15);
});
