/** @file Attention of one token at a time, with the keys and values of earlier tokens kept: for sequential generation. */
import type { Tensor, Tensors } from '../ir/tensor';
import { add, multiply } from '../ops/arithmetic';
import { reshape } from '../ops/movement';
import { scope } from '../ir/scope';
import { attentionHeads, mixHeads, type AttentionOptions } from './attention';
import type { BlockOptions } from './block';
import { LLAMA_NAMES } from './block';
import { feedForward } from './feed-forward';
import { lastPart, linear } from './linear';
import { norm } from './normalisation';

/** Keys and values seen so far, each [batch, kvHeads, tokens, headWidth], with zeros for tokens to come. */
export interface AttentionCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Where a step stands in the sequence. */
export interface SequencePlace {
  /** 1 at the token and 0 elsewhere, [tokens]. */
  readonly here: Tensor;
  /** Added to the scores: 0 for this and earlier tokens, [tokens]. */
  readonly mask: Tensor;
}

/** Self-attention of one token x [batch, 1, width] over itself and the tokens before it; the cache gets the token. */
export function attentionStep(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: AttentionOptions,
  cache: AttentionCache,
  place: SequencePlace,
): { result: Tensor; cache: AttentionCache } {
  const { bias, output = 'o_proj' } = options;
  return scope(lastPart(name), () => {
    const token = attentionHeads(parameters, name, x, options);
    const here = reshape(place.here, [place.here.shape[0]!, 1]);
    const keys = add(cache.keys, multiply(here, token.keys));
    const values = add(cache.values, multiply(here, token.values));
    const mixed = mixHeads(token.queries, keys, values, place.mask);
    return { result: linear(parameters, `${name}.${output}`, mixed, { bias }), cache: { keys, values } };
  });
}

/** `block` for one token x [batch, 1, width] of a causal sequence. */
export function blockStep(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: BlockOptions,
  cache: AttentionCache,
  place: SequencePlace,
): { result: Tensor; cache: AttentionCache } {
  const names = options.names ?? LLAMA_NAMES;
  return scope(name.split('.').slice(-2).join('.'), () => {
    const first = norm(parameters, `${name}.${names.attentionNorm}`, x, options.norm);
    const attended = attentionStep(
      parameters,
      `${name}.${names.attention}`,
      first,
      { ...options.attention, output: names.output },
      cache,
      place,
    );
    const middle = add(x, attended.result);
    const second = norm(parameters, `${name}.${names.feedForwardNorm}`, middle, options.norm);
    const refined = feedForward(parameters, `${name}.${names.feedForward}`, second, options.feedForward);
    return { result: add(middle, refined), cache: attended.cache };
  });
}
