/** @file Side effects of steering on many texts at several strengths, in one pass without steering and one for each: for methods, not for views. */
import type { ExactLevel } from './language';
import type { HookMap, Steering } from './steering';

/**
 * What a next token may have whatever the concept is: a digit in it, a capital letter at its beginning, a word of negation, the
 * end of a sentence.
 */
export const offTargetTraits = ['digits', 'capitals', 'negations', 'sentence-ends'] as const;
export type OffTargetTrait = (typeof offTargetTraits)[number];

export interface SteeringEffectsRequest {
  kind: 'steering-effects';
  texts: readonly string[];
  /** Number of the first text, for the news. */
  from: number;
  /** As in `Steering`. */
  maps: readonly HookMap[];
  first: boolean;
  /** Each as in `Steering`: one number, or one per map. */
  lambdas: readonly Steering['lambda'][];
  level: ExactLevel;
  /** Longer texts are cut at the end; 0 for the model's context. */
  maxTokens: number;
}

/** Sums over the tokens of one text, without steering and at each strength. */
export interface TextEffects {
  /** Number of the text. */
  row: number;
  /** Tokens, after each of which the next one is foretold; those that are foretold and there are one fewer. */
  tokens: number;
  /** [strengths] KL(unsteered ‖ steered) of what comes next, nats. */
  divergence: Float64Array;
  /** Natural log-probability of the tokens that are there, but the first; [strengths] with steering. */
  unsteered: number;
  steered: Float64Array;
  /** Probability that the next token has the trait. */
  traits: Record<OffTargetTrait, { unsteered: number; steered: Float64Array }>;
}
