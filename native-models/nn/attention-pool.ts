/** @file Attention pooling: learned queries that gather a sequence into one vector, and a linear map of it. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { reduceMean } from '../ops/reduction';
import { scope } from '../ir/scope';
import { mixHeads, splitHeads } from './attention';
import { linear, linearParameters } from './linear';
import { parameter, type Initial } from './module';

export interface AttentionPoolOptions {
  width: number;
  heads: number;
  outputs: number;
  /** Number of learned queries, whose results are averaged; default 1. */
  queries?: number;
}

/**
 * The queries `name.cls_token` [1, queries, width], keys and values `k_proj` and `v_proj` without bias, and the output map
 * `output_proj` with one. There is no map of the queries (the probe of AIM, El-Nouby et al. 2024).
 */
export function attentionPoolParameters(
  name: string,
  options: AttentionPoolOptions,
): Record<string, Initial> {
  const { width, outputs, queries = 1 } = options;
  return {
    [`${name}.cls_token`]: { type: float32(1, queries, width), deviation: 0.02 },
    ...linearParameters(`${name}.k_proj`, width, width, { bias: false }),
    ...linearParameters(`${name}.v_proj`, width, width, { bias: false }),
    ...linearParameters(`${name}.output_proj`, width, outputs),
  };
}

/** x [batch, tokens, width] to [batch, outputs]. */
export function attentionPool(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: AttentionPoolOptions,
): Tensor {
  const { width, heads } = options;
  return scope(name, () => {
    const token = parameter(parameters, `${name}.cls_token`);
    const scale = constant(1 / Math.sqrt(width / heads), [], token.dtype);
    const keys = linear(parameters, `${name}.k_proj`, x, { bias: false });
    const values = linear(parameters, `${name}.v_proj`, x, { bias: false });
    const mixed = mixHeads(
      splitHeads(multiply(token, scale), heads),
      splitHeads(keys, heads),
      splitHeads(values, heads),
    );
    return linear(parameters, `${name}.output_proj`, reduceMean(mixed, 1));
  });
}
