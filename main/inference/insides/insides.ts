/** @file What the questions about a model's insides are answered from. */
import type { HookPoint } from '../../../native-models';
import type { ExactLevel, LanguageToken, LikelyToken } from '../../contract/language';
import type { ModelRuns } from './runs';

/** A model that is open, seen from inside. */
export interface Insides {
  readonly kind: 'decoder' | 'encoder' | 'image';
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
  /** Tokens the model was made for. */
  readonly context: number;
  readonly hooks: readonly HookPoint[];
  /** Of an imported graph: hooks that it does not have, and why. */
  readonly absent?: readonly { id: string; reason: string }[];
  /** At which it can be looked into. */
  readonly levels: readonly ExactLevel[];
  /** @throws `level-unavailable` */
  runs(level: ExactLevel): Promise<ModelRuns>;
  /** The text as the model reads it, with the tokens that its tokenizer puts around it. @throws `text-empty`, `tokenizer-missing` */
  tokens(text: string): Promise<LanguageToken[]>;
  /** The text that stands for a token, as it is shown. */
  tokenText(id: number): string;
  /** The likeliest tokens of a row of logits, with their probabilities. */
  likeliest(logits: Float32Array, count: number): LikelyToken[];
  /** Of a decoder without `head`: why. */
  readonly headMissing?: string;
  /** Null for models without an output map. @throws `level-unavailable` */
  head(level: ExactLevel): Promise<OutputHead | null>;
  close(): Promise<void>;
}

/** From residual states to logits. */
export interface OutputHead {
  /** Logits [rows, vocabulary] of states [rows, width], through the final norm or, for states that have it, without. */
  logits(states: Float32Array, rows: number, through: 'norm' | 'map'): Promise<Float32Array>;
  /** What a state after the final norm is multiplied with to give the logit of a token: [width]. */
  direction(id: number): Promise<Float32Array>;
}

/** The most tokens of a text that are looked at: what a canvas can show. */
export const MOST_TOKENS = 2048;

/** The ids of a text as one row for a run, cut at the model's context; and how many were left out. */
export function rowOf(
  tokens: readonly LanguageToken[],
  { context }: Pick<Insides, 'context'>,
): { shown: LanguageToken[]; ids: number[]; leftOut: number } {
  const shown = tokens.slice(0, Math.min(context, MOST_TOKENS));
  return { shown, ids: shown.map(({ id }) => id), leftOut: tokens.length - shown.length };
}

/** The hooks that stand for the rows of a layer × token map of a role: the embedding first where the role is a residual one. */
export function rowsOf(
  { hooks }: Pick<Insides, 'hooks'>,
  role: string,
): { hook: string; layer: number | null }[] {
  const blocks = hooks.filter((hook) => hook.role === role && hook.layer !== null);
  const embed = role.startsWith('resid') ? hooks.filter((hook) => hook.role === 'embed') : [];
  return [...embed, ...blocks].map(({ id, layer }) => ({ hook: id, layer }));
}
