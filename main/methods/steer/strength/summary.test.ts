/** @file The safe strength of planted side effects, what is told beside it, and what is said of too few or too strict. */
import { describe, expect, it } from 'vitest';
import type { TextEffects } from '../../../contract/language';
import { offTargetTraits } from '../../../contract/steering-effects';
import { beginnings } from './effects';
import { allowedBy, strengthOf } from './summary';

const lambdas = [0.5, 1, 2];
const limits = { limitDivergence: 0.5, limitPerplexity: 2, limitTraits: 1 };
const same = (value: number) => Float64Array.from(lambdas, () => value);

/** A text of eleven tokens whose divergence per token is `rate` · λ; `more` changes what else happens to it. */
function planted(rate: number, more: Partial<TextEffects> = {}): TextEffects {
  const traits = offTargetTraits.map((trait) => [trait, { unsteered: 1, steered: same(1) }]);
  return {
    ...{ row: 0, tokens: 11, unsteered: -20, steered: same(-20) },
    divergence: Float64Array.from(lambdas, (lambda) => 11 * rate * lambda),
    traits: Object.fromEntries(traits) as TextEffects['traits'],
    ...more,
  };
}

/** Prompt k of n allows (k + 1)/n. */
const prompts = (n: number) => Array.from({ length: n }, (_, k) => planted((0.5 * n) / (k + 1)));

describe('what a prompt allows', () => {
  it('is where its first limit is passed: divergence, perplexity, or a trait', () => {
    const perplexity = planted(0, { steered: Float64Array.of(-20, -20, -20 - 20 * Math.LN2) });
    const before = planted(0.1);
    const digits = { unsteered: 2.2, steered: Float64Array.of(2.2, 4.4, 8.8) };
    const trait = planted(0, { traits: { ...before.traits, digits } });
    const allowed = allowedBy([planted(0.5), perplexity, trait, planted(0)], lambdas, limits);
    expect(allowed[0]).toBeCloseTo(1, 12);
    // At λ = 2 the ratio is 4, at 1 it is 1.
    expect(allowed[1]).toBeCloseTo(1 + 1 / 3, 12);
    expect(allowed[2]).toBeCloseTo(1, 12);
    expect(allowed[3]).toBe(2);
  });
});

describe('the safe strength', () => {
  it('leaves a tenth of the prompts violated, and says for whom it holds', () => {
    const told = strengthOf(prompts(99), lambdas, { level: 0.9, ...limits });
    expect(told.safe).toBeCloseTo(10 / 99, 2);
    expect([...told.lambdas]).toEqual([0, ...lambdas]);
    expect(told.says).toContain('these 99');
    expect(told.says).toContain('90 %');
    expect([...told.violated]).toEqual([0, expect.closeTo(49 / 99, 1), expect.closeTo(98 / 99, 1), 1]);
    expect(told.bound[3]).toBe(1);
    const [divergence, perplexity] = told.effects;
    expect(divergence).toMatchObject({ id: 'divergence', limit: 0.5 });
    expect(divergence!.mean[2]).toBeGreaterThan(divergence!.mean[1]!);
    expect([...perplexity!.quantile]).toEqual([1, 1, 1, 1]);
    expect(told.effects.map(({ id }) => id)).toEqual(['divergence', 'perplexity', ...offTargetTraits]);
  });

  it('is the largest that was tried where nothing happens', () => {
    const told = strengthOf(
      Array.from({ length: 20 }, () => planted(0)),
      lambdas,
      { level: 0.9, ...limits },
    );
    expect(told.safe).toBe(2);
    expect(told.says).toContain('largest strength that was tried');
  });

  it('is 0 of too few prompts, and where a limit is passed at once', () => {
    const few = strengthOf(prompts(8), lambdas, { level: 0.9, ...limits });
    expect(few.safe).toBe(0);
    expect(few.says).toContain('at least 9');
    const strict = strengthOf(prompts(20), lambdas, { level: 0.9, ...limits, limitPerplexity: 0.5 });
    expect(strict.safe).toBe(0);
    expect(strict.says).toContain('No strength is safe');
  });
});

it('prompts are the first words of texts that go on, each once', () => {
  expect(beginnings(['one two three', 'one two four', 'one two', ' a  b c '], 2)).toEqual(['one two', 'a b']);
});
