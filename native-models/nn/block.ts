/** @file The pre-norm transformer block: attention and a perceptron, each on a normalised copy and added back. */
import type { Tensor, Tensors } from '../ir/tensor';
import { add } from '../ops/arithmetic';
import { scope } from '../ir/scope';
import {
  attention,
  attentionParameters,
  type AttentionContext,
  type AttentionMap,
  type AttentionOptions,
} from './attention';
import { dropout } from './dropout';
import { feedForward, feedForwardParameters, type FeedForwardOptions } from './feed-forward';
import type { Initial } from './module';
import { norm, normParameters, type NormOptions } from './normalisation';

/** What the parts of a block are called in parameter names. */
export interface BlockNames {
  readonly attentionNorm: string;
  readonly attention: string;
  readonly output: string;
  readonly feedForwardNorm: string;
  readonly feedForward: string;
}

/** The names of Llama checkpoints. */
export const LLAMA_NAMES: BlockNames = {
  attentionNorm: 'input_layernorm',
  attention: 'self_attn',
  output: 'o_proj',
  feedForwardNorm: 'post_attention_layernorm',
  feedForward: 'mlp',
};

export interface BlockOptions {
  attention: AttentionOptions;
  feedForward: FeedForwardOptions;
  norm: NormOptions;
  names?: BlockNames;
}

/** The maps inside a block; `output` and `down_proj` end its two branches. */
export type BlockMap = AttentionMap | 'up_proj' | 'gate_proj' | 'down_proj';

export function blockParameters(
  name: string,
  options: BlockOptions,
  initial?: (map: BlockMap) => Omit<Initial, 'type'>,
): Record<string, Initial> {
  const names = options.names ?? LLAMA_NAMES;
  const { width } = options.attention;
  return {
    ...normParameters(`${name}.${names.attentionNorm}`, width, options.norm.kind),
    ...attentionParameters(
      `${name}.${names.attention}`,
      { ...options.attention, output: names.output },
      initial,
    ),
    ...normParameters(`${name}.${names.feedForwardNorm}`, width, options.norm.kind),
    ...feedForwardParameters(`${name}.${names.feedForward}`, options.feedForward, initial),
  };
}

export type BlockRole = 'attn_out' | 'mlp_out' | 'resid_post';

export interface BlockContext extends Omit<AttentionContext, 'scale'> {
  /** What the results of attention and perceptron are multiplied by before they are added back. */
  multipliers?: readonly [Tensor | number, Tensor | number];
  /** Hears what attention and perceptron give, multiplied by their multipliers, and what leaves the block. */
  tap?: (role: BlockRole, value: Tensor) => void;
  /** Dropout of both results: its rate, and uniform noise that broadcasts to [batch, tokens, width] for each. */
  dropout?: { rate: number; noise?: readonly [Tensor, Tensor] };
}

/** One block on x [batch, tokens, width]: x + ρ₁·Attention(Norm(x)), then x + ρ₂·Perceptron(Norm(x)). */
export function block(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: BlockOptions,
  context: BlockContext = {},
): Tensor {
  const names = options.names ?? LLAMA_NAMES;
  const { multipliers, dropout: drop, tap, ...rest } = context;
  const dropped = (result: Tensor, branch: 0 | 1) =>
    drop ? dropout(result, drop.rate, drop.noise?.[branch]) : result;
  return scope(name.split('.').slice(-2).join('.'), () => {
    const attended = attention(
      parameters,
      `${name}.${names.attention}`,
      norm(parameters, `${name}.${names.attentionNorm}`, x, options.norm),
      { ...options.attention, output: names.output },
      { ...rest, scale: multipliers?.[0] },
    );
    tap?.('attn_out', attended);
    const middle = add(x, dropped(attended, 0));
    const refined = feedForward(
      parameters,
      `${name}.${names.feedForward}`,
      norm(parameters, `${name}.${names.feedForwardNorm}`, middle, options.norm),
      { ...options.feedForward, scale: multipliers?.[1] },
    );
    tap?.('mlp_out', refined);
    const after = add(middle, dropped(refined, 1));
    tap?.('resid_post', after);
    return after;
  });
}
