/** @file Sampling: each setting by what it lets through, the same numbers for the same seed, and what is no distribution. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../native-models/testing/code-of';
import { stream } from '../../native-models';
import {
  checkSampling,
  defaultSampling,
  drawAt,
  logSumExp,
  sampleFrom,
  type SamplingSettings,
} from './sampling';

const plain: SamplingSettings = { ...defaultSampling, temperature: 1, topK: 0, topP: 1 };
/** Probabilities .5, .3, .15, .05, in another order than that of their ids. */
const logits = Float32Array.from([0.15, 0.5, 0.05, 0.3], Math.log);
const none = new Set<number>();

/** Ids that are drawn at evenly spaced numbers, and how often of 1,000. */
function shares(settings: Partial<SamplingSettings>, seen: ReadonlySet<number> = none): number[] {
  const counts = [0, 0, 0, 0];
  for (let k = 0; k < 1000; k++)
    counts[sampleFrom(logits, { ...plain, ...settings }, (k + 0.5) / 1000, seen).id]! += 1;
  return counts;
}

describe('sampleFrom', () => {
  it('draws by the probabilities, the likeliest first', () => {
    expect(shares({})).toEqual([150, 500, 50, 300]);
    expect(sampleFrom(logits, plain, 0.49, none).id).toBe(1);
    expect(sampleFrom(logits, plain, 0.51, none).id).toBe(3);
  });

  it('says the log-probability under the model, whatever the settings', () => {
    const { id, logProbability } = sampleFrom(logits, { ...plain, temperature: 0, topK: 1 }, 0.9, none);
    expect(id).toBe(1);
    expect(logProbability).toBeCloseTo(Math.log(0.5), 6);
  });

  it('keeps the k likeliest, the nucleus with the token that passes p, and what is likely beside the likeliest', () => {
    expect(shares({ topK: 2 })).toEqual([0, 625, 0, 375]);
    expect(shares({ topP: 0.7 })).toEqual([0, 625, 0, 375]);
    expect(shares({ topP: 0.4 })).toEqual([0, 1000, 0, 0]);
    expect(shares({ minP: 0.25 }), 'at least .125').toEqual([158, 526, 0, 316]);
  });

  it('takes top-p of what top-k leaves', () => {
    // Of .5 and .3 the first has .625.
    expect(shares({ topK: 2, topP: 0.6 })).toEqual([0, 1000, 0, 0]);
  });

  it('sharpens with a low temperature and takes the likeliest at 0', () => {
    expect(shares({ temperature: 0.5 })[1]).toBeCloseTo(1000 * (0.25 / (0.25 + 0.09 + 0.0225 + 0.0025)), -1);
    expect(shares({ temperature: 0 })).toEqual([0, 1000, 0, 0]);
  });

  it('penalises what was seen: positive logits are divided, negative ones multiplied', () => {
    expect(shares({ repetitionPenalty: 2 }, new Set([1]))[1], '.5 becomes .25').toBe(333);
    const positive = Float32Array.of(2, 1.5);
    expect(
      sampleFrom(positive, { ...plain, temperature: 0, repetitionPenalty: 2 }, 0.5, new Set([0])).id,
    ).toBe(1);
  });

  it('finds the likeliest of many as a full sort would', () => {
    const many = stream(1, 'many').normal(new Float32Array(50_000));
    const best = [...many.keys()].sort((a, b) => many[b]! - many[a]!);
    const last = sampleFrom(many, { ...plain, temperature: 100, topK: 40 }, 0.9999, none);
    expect(last.id).toBe(best[39]);
    const equal = new Float32Array(5000).fill(1);
    expect(sampleFrom(equal, { ...plain, topK: 3 }, 0.99, none).id, 'lower ids first').toBe(2);
  });

  it.each([
    ['a narrow nucleus', { topP: 0.3 }, 1],
    ['a wide one', { topP: 0.9 }, 1],
    ['one that is nearly all', { topP: 0.999 }, 0.1],
    ['all', {}, 1],
    ['all, evenly', {}, 0.01],
    ['what is likely enough', { minP: 0.2 }, 1],
  ] as const)('draws of many without top-k what a full sort gives: %s', (_, settings, spread) => {
    const many = stream(2, 'many')
      .normal(new Float32Array(5000))
      .map((value) => 3 * spread * value);
    const chosen = { ...plain, ...settings };
    for (let k = 0; k < 40; k++) {
      const draw = (k + 0.5) / 40;
      // Top-k of all tokens is no cut, and sorts them all.
      const sorted = sampleFrom(many, { ...chosen, topK: many.length }, draw, none);
      expect(sampleFrom(many, chosen, draw, none).id).toBe(sorted.id);
    }
  });

  it('refuses what is no distribution', () => {
    for (const broken of [NaN, Infinity])
      expect(codeOf(() => sampleFrom(Float32Array.of(1, broken, 2), plain, 0.5, none))).toBe(
        'logits-not-finite',
      );
    expect(codeOf(() => logSumExp(Float32Array.of(-Infinity, -Infinity)))).toBe('logits-not-finite');
    expect(logSumExp(Float32Array.of(1000, -Infinity))).toBe(1000);
  });
});

it('draws the same number at a place whatever was drawn before', () => {
  expect(drawAt(3, 5)).toBe(drawAt(3, 5));
  expect(drawAt(3, 5)).not.toBe(drawAt(3, 6));
  expect(drawAt(3, 5)).not.toBe(drawAt(4, 5));
});

it.each([
  ['temperature', -1],
  ['temperature', NaN],
  ['topK', 1.5],
  ['topP', 0],
  ['minP', 2],
  ['repetitionPenalty', 0],
  ['seed', -1],
] as const)('refuses %s %d', (key, value) => {
  expect(codeOf(() => checkSampling({ ...plain, [key]: value }))).toBe('sampling-setting');
  expect(codeOf(() => checkSampling(plain))).toBe('nothing thrown');
});
