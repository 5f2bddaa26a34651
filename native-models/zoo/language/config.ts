/** @file What a decoder is built from: one description for every family, read from a checkpoint's configuration. */

/** The families of decoders, by the `model_type` of Hugging Face's configurations. */
export const decoderFamilies = [
  'llama',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma2',
  'gemma3_text',
  'phi3',
  'olmo2',
  'gpt2',
  'gpt_neox',
] as const;

export type DecoderFamily = (typeof decoderFamilies)[number];

/** How positions are turned into angles: θ_i(p) = p · frequencies_i · … of the first `width` units of a head, rotate-half. */
export interface RotaryConfig {
  /** Units of a head that turn; the others stay as they are. */
  width: number;
  base: number;
  /** Changes to the frequencies for long contexts; null where there are none. */
  scaling:
    | { kind: 'linear'; factor: number }
    | { kind: 'llama3'; factor: number; low: number; high: number; original: number }
    | {
        kind: 'yarn';
        factor: number;
        original: number;
        attention: number;
        fast: number;
        slow: number;
        /** Whether the ends of the ramp between fast and slow are whole numbers. */
        whole: boolean;
      }
    | {
        kind: 'longrope';
        short: readonly number[];
        long: readonly number[];
        original: number;
        attention: number;
      }
    | null;
}

export interface DecoderConfig {
  family: DecoderFamily;
  vocabulary: number;
  width: number;
  layers: number;
  heads: number;
  /** Heads of keys and values; query head j uses head ⌊j·kvHeads/heads⌋. */
  kvHeads: number;
  headWidth: number;
  /** Width inside the perceptrons. */
  hidden: number;
  /** Tokens the model was made for. */
  context: number;
  norm: 'rms' | 'layer';
  epsilon: number;
  /** Added to the gains of the norms: 1 in Gemma. */
  gainOffset: 0 | 1;
  /** Where a block has norms: before each branch, after it (OLMo 2), or both (Gemma). */
  blockNorms: 'before' | 'after' | 'both';
  /** Both branches read the same residual state (GPT-NeoX). */
  parallel: boolean;
  /** Positions that are learned, or turned; by layer where they differ (Gemma 3). */
  positions: { kind: 'learned' } | { kind: 'rotary'; layers: readonly RotaryConfig[] };
  /** How many tokens back each layer sees, itself included; null where it sees all. */
  windows: readonly (number | null)[];
  /** What scores are multiplied by. */
  attentionScale: number;
  /** cap·tanh(score/cap); null where there is none. */
  attentionCap: number | null;
  logitCap: number | null;
  /** Norms of queries and keys: of every head, or of all heads together (OLMo 2). */
  queryKeyNorm: 'head' | 'all' | null;
  mlp: 'swiglu' | 'gegluTanh' | 'gelu' | 'geluTanh';
  biases: { queryKeyValue: boolean; attentionOutput: boolean; mlp: boolean };
  /** What embeddings are multiplied by. */
  embeddingScale: number;
  /** Whether the embedding is also the output map. */
  tied: boolean;
}

/** A place in a decoder that can be looked at, captured and changed. */
export interface HookPoint {
  /** `role:layer`, or the role alone outside the blocks: `resid_post:3`, `embed`. */
  id: string;
  role: HookRole;
  layer: number | null;
  /** The value of the graph. */
  value: string;
  /** Sizes after batch and tokens: [width], [heads, headWidth]; of patterns [heads, tokens, tokens] after batch. */
  shape: readonly (number | string)[];
}

/** The roles of a block in the order in which they are computed. */
export const blockRoles = [
  'resid_pre',
  'norm_attn_in',
  'q',
  'k',
  'v',
  'pattern',
  'attn_out',
  'resid_mid',
  'norm_mlp_in',
  'mlp_gate',
  'mlp_act',
  'mlp_out',
  'resid_post',
] as const;

export type HookRole = 'embed' | (typeof blockRoles)[number] | 'norm_final' | 'logits';
