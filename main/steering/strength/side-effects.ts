/** @file From what a model says of a text with and without steering to side effects in numbers that have limits. */
import type { OffTargetTrait, TextEffects } from '../../contract/language';

/**
 * A share of tokens below this counts as this much: of what is rarer than one token in a hundred not every halving is an
 * effect.
 */
export const LEAST_SHARE = 0.01;

/** Mean KL per token, nats. */
export function divergencePerToken({
  divergence,
  tokens,
}: Pick<TextEffects, 'divergence' | 'tokens'>): Float64Array {
  return Float64Array.from(divergence, (sum) => sum / tokens);
}

/** Perplexity with steering ÷ perplexity without, of the same tokens; 1 for a text of one token. */
export function perplexityRatio({
  unsteered,
  steered,
  tokens,
}: Pick<TextEffects, 'unsteered' | 'steered' | 'tokens'>): Float64Array {
  return Float64Array.from(steered, (sum) => Math.exp((unsteered - sum) / Math.max(1, tokens - 1)));
}

/** |share with steering − share without| ÷ the share without, which counts as `LEAST_SHARE` at least. */
export function traitChange(
  { traits, tokens }: Pick<TextEffects, 'traits' | 'tokens'>,
  trait: OffTargetTrait,
): Float64Array {
  const { unsteered, steered } = traits[trait];
  const before = unsteered / tokens;
  return Float64Array.from(steered, (sum) => Math.abs(sum / tokens - before) / Math.max(LEAST_SHARE, before));
}

/** Mean over prompts of each strength; [strengths]. */
export function meanOver(effects: readonly ArrayLike<number>[], strengths: number): Float64Array {
  const sum = new Float64Array(strengths);
  for (const values of effects) for (let at = 0; at < strengths; at++) sum[at]! += values[at]!;
  return sum.map((value) => value / effects.length);
}

/** The ⌈level · n⌉-th smallest of the prompts' values at each strength; [strengths]. */
export function quantileOver(
  effects: readonly ArrayLike<number>[],
  strengths: number,
  level: number,
): Float64Array {
  const rank = Math.max(1, Math.ceil(level * effects.length - 1e-9));
  return Float64Array.from(
    { length: strengths },
    (_, at) => Float64Array.from(effects, (values) => values[at]!).sort()[rank - 1] ?? NaN,
  );
}
