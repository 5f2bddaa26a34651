/** @file Pooling of token states inside the graph, so that one vector a text leaves it and not all tokens. */
import type { GraphBuilder } from '../../native-models';
import type { TokenPooling } from '../contract/language';

export interface PoolingOptions {
  /** Whether the first token of every text counts; it is an outlier in most decoders. Default true. */
  first?: boolean;
}

/**
 * Adds the weights of tokens to a graph: float32 [batch, 1, tokens], zero on padding, from an int64 mask [batch, tokens] of
 * ones and zeros with the padding on either side. The sum of a row is 1, or 0 where no token is left: of texts that are
 * too short for the position, or of nothing but the first token.
 */
export function tokenWeights(
  graph: GraphBuilder,
  mask: string,
  pooling: TokenPooling,
  options: PoolingOptions = {},
): string {
  return graph.scope('weights', () => {
    const kept = keptTokens(graph, mask, options);
    const axis = graph.constant('int64', [1], [1]);
    const float = (value: string) => graph.node('Cast', [value], { to: 1 });
    const chosen = (): string => {
      if (pooling.kind === 'mean') return float(kept);
      // Real tokens are counted from 1 at the front, and from 1 at the back.
      const rank = graph.node('CumSum', [kept, graph.constant('int64', [1])]);
      const count = graph.node('ReduceSum', [kept, axis], { keepdims: 1 });
      const position = pooling.kind === 'last' ? -1 : pooling.position;
      const wanted =
        position >= 0
          ? graph.constant('int64', [position + 1], [1, 1])
          : graph.node('Add', [count, graph.constant('int64', [position + 1], [1, 1])]);
      const here = graph.node('And', [
        graph.node('Equal', [rank, wanted]),
        graph.node('Cast', [kept], { to: 9 }),
      ]);
      return float(here);
    };
    const weights = chosen();
    const sum = graph.node('ReduceSum', [weights, axis], { keepdims: 1 });
    const safe = graph.node('Max', [sum, graph.constant('float32', [1])]);
    return graph.node('Unsqueeze', [graph.node('Div', [weights, safe]), axis]);
  });
}

/** The mask without the first token of every text where that does not count: int64 [batch, tokens]. */
export function keptTokens(graph: GraphBuilder, mask: string, { first = true }: PoolingOptions = {}): string {
  if (first) return mask;
  const rank = graph.node('CumSum', [mask, graph.constant('int64', [1])]);
  const later = graph.node('Greater', [rank, graph.constant('int64', [1])]);
  return graph.node('Mul', [graph.node('Cast', [later], { to: 7 }), mask]);
}

/**
 * Pools a value [batch, tokens, width] by weights of `tokenWeights` or, for `max`, by a mask of `keptTokens`; answers the
 * name of [batch, width].
 */
export function pooled(
  graph: GraphBuilder,
  value: string,
  by: { weights: string } | { kept: string },
  name: string,
): string {
  const axis = graph.constant('int64', [1], [1]);
  if ('weights' in by)
    return graph.node('Squeeze', [graph.node('MatMul', [by.weights, value]), axis], {}, { name });
  const here = graph.node('Unsqueeze', [
    graph.node('Cast', [by.kept], { to: 9 }),
    graph.constant('int64', [2], [1]),
  ]);
  const low = graph.constant('float32', [-Infinity]);
  return graph.node('ReduceMax', [graph.node('Where', [here, value, low]), axis], { keepdims: 0 }, { name });
}

/** A value [batch, tokens, …] as [batch, tokens, width]; what has that form already stays as it is. */
export function flatStates(graph: GraphBuilder, value: string, shape: readonly (number | string)[]): string {
  if (shape.length <= 1) return value;
  return graph.node('Reshape', [value, graph.constant('int64', [0, 0, -1])]);
}
