/** @file Multi-head attention (Vaswani et al. 2017) with optional masks, grouped key heads, rotary positions and query-key norm. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { matmul } from '../ops/linear-algebra';
import { rmsNormalise } from '../ops/normalisation';
import { reshape, transpose } from '../ops/movement';
import { softmax } from '../ops/softmax';
import { scope } from '../ir/scope';
import { lastPart, linear, linearParameters } from './linear';
import { parameter, type Initial } from './module';
import { normParameters } from './normalisation';
import { rotary, type RotaryTables } from './rotary';

export interface AttentionOptions {
  width: number;
  heads: number;
  /** Heads of keys and values; query head j uses head ⌊j·kvHeads/heads⌋ (Ainslie et al. 2023). Default: heads. */
  kvHeads?: number;
  /** Default width/heads. */
  headWidth?: number;
  bias: boolean;
  /** RMSNorm of queries and keys with gains shared by the heads, before the rotary embedding. Default false. */
  qkNorm?: boolean;
  /** Of the query-key norm; default 1e-5. */
  epsilon?: number;
  /** What scores are multiplied by; default 1/√headWidth. */
  scale?: number;
  /** The name of the output map; default `o_proj`. */
  output?: string;
}

/** The maps of an attention layer by the names their parameters have. */
export type AttentionMap = 'q_proj' | 'k_proj' | 'v_proj' | 'output';

/** Sizes with the defaults filled in; throws `attention-heads` where heads do not divide. */
export function attentionSizes(options: AttentionOptions): {
  heads: number;
  kvHeads: number;
  headWidth: number;
  scale: number;
} {
  const { width, heads, kvHeads = heads, headWidth = width / heads } = options;
  if (!Number.isInteger(headWidth) || heads % kvHeads !== 0)
    throw new MongeError({
      code: 'attention-heads',
      what: 'heads must divide the width, and key heads the heads',
      got: `width ${width}, ${heads} heads, ${kvHeads} key heads`,
    });
  return { heads, kvHeads, headWidth, scale: options.scale ?? 1 / Math.sqrt(headWidth) };
}

/** Parameters of `name.q_proj`, `k_proj`, `v_proj`, the output map, and `q_norm` and `k_norm` where asked for. */
export function attentionParameters(
  name: string,
  options: AttentionOptions,
  initial?: (map: AttentionMap) => Omit<Initial, 'type'>,
): Record<string, Initial> {
  const { width, bias, qkNorm = false, output = 'o_proj' } = options;
  const { heads, kvHeads, headWidth } = attentionSizes(options);
  const map = (key: AttentionMap, inputs: number, outputs: number) =>
    linearParameters(`${name}.${key === 'output' ? output : key}`, inputs, outputs, {
      bias,
      initial: initial?.(key),
    });
  return {
    ...map('q_proj', width, heads * headWidth),
    ...map('k_proj', width, kvHeads * headWidth),
    ...map('v_proj', width, kvHeads * headWidth),
    ...map('output', heads * headWidth, width),
    ...(qkNorm
      ? {
          ...normParameters(`${name}.q_norm`, headWidth, 'rms'),
          ...normParameters(`${name}.k_norm`, headWidth, 'rms'),
        }
      : {}),
  };
}

export interface AttentionContext {
  /** Added to the scores: broadcasts to [batch, heads, tokens, tokens]. Absent: every token sees every token. */
  mask?: Tensor;
  rotary?: RotaryTables;
  /** Multiplies the result; for residual multipliers. */
  scale?: number | Tensor;
}

/** Self-attention of x [batch, tokens, width]. */
export function attention(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: AttentionOptions,
  context: AttentionContext = {},
): Tensor {
  const { bias, output = 'o_proj' } = options;
  return scope(lastPart(name), () => {
    const { queries, keys, values } = attentionHeads(parameters, name, x, options, context.rotary);
    const mixed = mixHeads(queries, keys, values, context.mask);
    return linear(parameters, `${name}.${output}`, mixed, { bias, scale: context.scale });
  });
}

/**
 * Queries [batch, heads, tokens, headWidth], keys and values [batch, kvHeads, tokens, headWidth]. The scale of the scores
 * is already in the queries, by way of the smallest tensor that will carry it: the map's weight or the norm's gain.
 */
export function attentionHeads(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: AttentionOptions,
  tables?: RotaryTables,
): { queries: Tensor; keys: Tensor; values: Tensor } {
  const { bias, qkNorm = false, epsilon } = options;
  const { heads, kvHeads, scale } = attentionSizes(options);
  const normalised = (heads: Tensor, norm: string, factor: number): Tensor => {
    if (!qkNorm) return heads;
    return scope(norm, () => {
      const gain = parameter(parameters, `${name}.${norm}.weight`);
      return rmsNormalise(heads, { gain: multiply(gain, constant(factor, [], gain.dtype)), epsilon });
    });
  };
  const placed = (heads: Tensor) => (tables ? rotary(heads, tables) : heads);
  const queries = linear(parameters, `${name}.q_proj`, x, { bias, scale: qkNorm ? 1 : scale });
  const keys = linear(parameters, `${name}.k_proj`, x, { bias });
  const values = linear(parameters, `${name}.v_proj`, x, { bias });
  return {
    queries: placed(normalised(splitHeads(queries, heads), 'q_norm', scale)),
    keys: placed(normalised(splitHeads(keys, kvHeads), 'k_norm', 1)),
    values: splitHeads(values, kvHeads),
  };
}

/**
 * softmax(queries·keysᵀ + mask)·values, heads joined again: [batch, tokens, heads·headWidth]. Query heads that share a
 * key head are stacked along the tokens, so that grouped heads cost no copies of keys and values.
 */
export function mixHeads(queries: Tensor, keys: Tensor, values: Tensor, mask?: Tensor): Tensor {
  const [batch, heads, tokens, headWidth] = queries.shape as [
    Tensor['shape'][number],
    number,
    number,
    number,
  ];
  const [, kvHeads, seen] = keys.shape as [Tensor['shape'][number], number, number];
  const grouped = (x: Tensor, last: number) =>
    kvHeads === heads ? x : reshape(x, [batch, kvHeads, (heads / kvHeads) * tokens, last]);
  const byHead = (x: Tensor, last: number) =>
    kvHeads === heads ? x : reshape(x, [batch, heads, tokens, last]);
  const scores = byHead(matmul(grouped(queries, headWidth), keys, { transposeRight: true }), seen);
  const weights = softmax(mask ? add(scores, mask) : scores);
  return joinHeads(byHead(matmul(grouped(weights, seen), values), headWidth));
}

/** [batch, tokens, heads·headWidth] to [batch, heads, tokens, headWidth]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [Tensor['shape'][number], number, number];
  return transpose(reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** The inverse of `splitHeads`. */
function joinHeads(x: Tensor): Tensor {
  const [batch, heads, tokens, headWidth] = x.shape as [Tensor['shape'][number], number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * headWidth]);
}
