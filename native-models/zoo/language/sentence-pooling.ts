/** @file One vector of the states of a text, in the graph, whichever side its padding is on. */
import type { GraphBuilder } from '../../onnx/builder';
import type { SentencePooling } from './encoder-config';
import type { Places } from './positions';

/**
 * Mean or maximum over the tokens that are no padding, or the first of them; all of them where `where` is null. From
 * [batch, tokens, width] to [batch, width], divided by its length where asked for.
 */
export function poolStates(
  builder: GraphBuilder,
  states: string,
  where: Places | null,
  { kind, normalise }: SentencePooling,
  name?: string,
): string {
  const axis = (at: number) => builder.constant('int64', [at], [1]);
  const named = (own: boolean) => (own && name !== undefined ? { name } : {});
  const valid = where && builder.node('Unsqueeze', [where.valid, axis(2)]);
  const counted = () => builder.node('Cast', [valid!], { to: 1 });

  const pooled = (own: boolean): string => {
    if (kind === 'cls') {
      if (!where)
        return builder.node('Gather', [states, builder.constant('int64', [0])], { axis: 1 }, named(own));
      // The first that is no padding, which is not the first of the row where that is padded on the left.
      const flags = builder.node('Cast', [where.validNow], { to: 1 });
      const first = builder.node('ArgMax', [flags], { axis: 1, keepdims: 1, select_last_index: 0 });
      return builder.node('GatherND', [states, first], { batch_dims: 1 }, named(own));
    }
    if (kind === 'max') {
      const lowest = builder.constant('float32', [-3.4e38]);
      const seen = valid === null ? states : builder.node('Where', [valid, states, lowest]);
      return builder.node('ReduceMax', [seen, axis(1)], { keepdims: 0 }, named(own));
    }
    if (valid === null) return builder.node('ReduceMean', [states, axis(1)], { keepdims: 0 }, named(own));
    const weights = counted();
    const sum = builder.node('ReduceSum', [builder.node('Mul', [states, weights]), axis(1)], { keepdims: 0 });
    const count = builder.node('ReduceSum', [weights, axis(1)], { keepdims: 0 });
    const least = builder.constant('float32', [1e-9]);
    return builder.node('Div', [sum, builder.node('Max', [count, least])], {}, named(own));
  };
  if (!normalise) return pooled(true);
  const vector = pooled(false);
  const length = builder.node('ReduceL2', [vector, axis(1)], { keepdims: 1 });
  return builder.node(
    'Div',
    [vector, builder.node('Max', [length, builder.constant('float32', [1e-12])])],
    {},
    named(true),
  );
}
