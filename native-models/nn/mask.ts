/** @file Attention masks as numbers to be added to scores: 0 where a key may be seen, -1e9 where not. */
import type { Tensor } from '../ir/tensor';
import type { DType } from '../ir/types';
import { less, where } from '../ops/arithmetic';
import { constant, constantLike, iota } from '../ops/constant';
import { reshape } from '../ops/movement';
import { scope } from '../ir/scope';

/** Finite, because a row of -∞ alone has no softmax, and its gradient would be NaN. */
const HIDDEN = -1e9;

/** Query i sees keys 0 … i: [tokens, tokens]. */
export function causalMask(tokens: number, dtype: DType = 'float32'): Tensor {
  const values = Float64Array.from({ length: tokens * tokens }, (_, flat) =>
    flat % tokens <= Math.floor(flat / tokens) ? 0 : HIDDEN,
  );
  return constant(values, [tokens, tokens], dtype);
}

/**
 * Query i sees key j where j ≤ i or j < prefix, for a prefix length per sample: int32 [batch] gives
 * [batch, 1, tokens, tokens]. A prefix of 0 or 1 is the causal mask, a prefix of `tokens` hides nothing
 * (AIMv2, Fini et al. 2024).
 */
export function prefixMask(prefix: Tensor, tokens: number, dtype: DType = 'float32'): Tensor {
  return scope('prefixMask', () => {
    const keys = reshape(iota(tokens, prefix.dtype), [1, 1, 1, tokens]);
    const inPrefix = less(keys, reshape(prefix, [prefix.shape[0]!, 1, 1, 1]));
    const causal = causalMask(tokens, dtype);
    return where(inPrefix, constantLike(0, causal), causal);
  });
}
