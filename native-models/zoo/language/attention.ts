/** @file Attention of a decoder with every step a value of its own: queries, keys and values by head, scores, pattern. */
import type { GraphBuilder } from '../../onnx/builder';
import type { DecoderConfig } from './config';
import type { BlockWeights } from './decoder-weights';
import { linear, norm, runtimeDomain, softCap, type LinearMaps } from './graph-parts';
import type { RotaryTables } from './positions';

export interface AttentionPlace {
  /** Added to the scores, [batch, 1, tokens, seen]; null where everything sees everything. */
  mask: string | null;
  rotary: RotaryTables | null;
  /** Keys and values of earlier calls, [batch, kvHeads, past, headWidth], and the names of what is handed on. */
  cache: { key: string; value: string; presentKey: string; presentValue: string } | null;
}

/** Names that the steps get. */
export interface AttentionNames {
  query: string;
  key: string;
  value: string;
  pattern: string;
  out?: string;
}

/**
 * softmax(q·kᵀ·scale + mask)·v and its output map, [batch, tokens, width] to the same. `q`, `k` and `v` are the outputs of
 * their maps, before norms of heads and before positions turn them. Heads that share keys stand one below the other in one
 * product, so that keys are never repeated.
 */
export function attention(
  builder: GraphBuilder,
  config: Pick<
    DecoderConfig,
    'heads' | 'kvHeads' | 'headWidth' | 'attentionScale' | 'attentionCap' | 'queryKeyNorm' | 'epsilon'
  >,
  weights: Pick<BlockWeights, 'query' | 'key' | 'value' | 'attentionOutput' | 'queryNorm' | 'keyNorm'>,
  input: string,
  { mask, rotary, cache }: AttentionPlace,
  names: AttentionNames,
  map: LinearMaps = (...given) => linear(builder, ...given),
): string {
  const { heads, kvHeads, headWidth, queryKeyNorm, epsilon } = config;
  const shape = (...sizes: number[]) => builder.constant('int64', sizes, [sizes.length]);
  const byHead = (flat: string, count: number, name?: string) =>
    builder.node('Reshape', [flat, shape(0, 0, count, headWidth)], {}, name === undefined ? {} : { name });
  const headsFirst = (value: string) => builder.node('Transpose', [value], { perm: [0, 2, 1, 3] });

  const turned = (part: 'query' | 'key', count: number): string => {
    const flat = map(input, weights[part]);
    let value = byHead(flat, count, names[part]);
    const gains = weights[`${part}Norm`];
    if (gains && queryKeyNorm === 'head') value = norm(builder, value, gains, epsilon);
    else if (gains) {
      // Through the named value, so that a change of it reaches the norm.
      const again = builder.node('Reshape', [value, shape(0, 0, count * headWidth)]);
      value = byHead(norm(builder, again, gains, epsilon), count);
    }
    const first = headsFirst(value);
    if (!rotary) return first;
    return builder.node('RotaryEmbedding', [first, rotary.cos, rotary.sin], {
      interleaved: 0,
      // The whole head is the operator's 0.
      rotary_embedding_dim: rotary.width === headWidth ? 0 : rotary.width,
    });
  };

  const query = turned('query', heads);
  let key = turned('key', kvHeads);
  let value = headsFirst(byHead(map(input, weights.value), kvHeads, names.value));
  if (cache) {
    key = builder.node('Concat', [cache.key, key], { axis: 2 }, { name: cache.presentKey });
    value = builder.node('Concat', [cache.value, value], { axis: 2 }, { name: cache.presentValue });
  }
  const shared = heads !== kvHeads;
  const regroup = (given: string, count: number, last: number) =>
    shared ? builder.node('Reshape', [given, shape(0, count, -1, last)]) : given;

  const product = builder.node(
    'FusedMatMul',
    [regroup(query, kvHeads, headWidth), key],
    { transB: 1, alpha: { float: config.attentionScale } },
    { domain: runtimeDomain },
  );
  const scores = softCap(builder, regroup(product, heads, 0), config.attentionCap);
  const masked = mask === null ? scores : builder.node('Add', [scores, mask]);
  const pattern = builder.node('Softmax', [masked], { axis: -1 }, { name: names.pattern });
  const mixed = builder.node('MatMul', [regroup(pattern, kvHeads, 0), value]);
  const together = builder.node('Reshape', [
    headsFirst(regroup(mixed, heads, headWidth)),
    shape(0, 0, heads * headWidth),
  ]);
  return map(together, weights.attentionOutput, names.out);
}
