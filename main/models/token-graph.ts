/** @file An exported language model as a function of ids and mask alone, with all sums as exact as its weights are. */
import { GraphBuilder, type GraphProto, type ModelProto, type NodeProto } from '../../native-models';
import { withOperator } from './surgery';
import type { TokenInput, TokenInterface } from './token-inputs';

const float16 = 10;
const int32 = 6;

/**
 * The model with the inputs `input_ids` and `attention_mask`, int64 [batch, tokens], and no others: positions are counted
 * from the mask, every token is of type 0, and caches are empty. Caches do not come out of it.
 */
export function tokenGraph(model: ModelProto, { inputs, cache }: TokenInterface): ModelProto {
  const presents = new Set(cache?.map(({ present }) => present));
  const builder = new GraphBuilder('monge/inputs');
  builder.input('input_ids', 'int64', ['batch', 'tokens']);
  builder.input('attention_mask', 'int64', ['batch', 'tokens']);
  for (const input of inputs) fill(builder, input, cache);
  const graph = model.graph ?? {};
  const initializer = [...(graph.initializer ?? []), ...builder.initializers];
  const weights = new Set(initializer.map(({ name }) => name));
  const filled: ModelProto = {
    ...model,
    graph: {
      ...graph,
      node: [...builder.nodes, ...(graph.node ?? [])],
      initializer,
      // Old models list their weights among the inputs.
      input: [...builder.inputs, ...(graph.input ?? []).filter(({ name }) => weights.has(name))],
      output: (graph.output ?? []).filter(({ name }) => !presents.has(name ?? '')),
    },
  };
  return inputs.reduce((changed, { kind, name, type }) => {
    if ((kind !== 'ids' && kind !== 'mask') || type === 'int64') return changed;
    const to = type === 'int32' ? int32 : type === 'float32' ? 1 : type === 'bool' ? 9 : 7;
    return withOperator(
      changed,
      name,
      (graph, before) => void graph.node('Cast', [before], { to }, { name }),
    );
  }, filled);
}

function fill(builder: GraphBuilder, { kind, name, type }: TokenInput, cache: TokenInterface['cache']): void {
  const cast = { int64: 7, int32: 6 }[type ?? ''] ?? 7;
  const one = () => builder.constant('int64', [1]);
  switch (kind) {
    case 'ids':
    case 'mask':
      return;
    case 'positions': {
      const count = builder.node('CumSum', ['attention_mask', one()]);
      const place = builder.node('Max', [
        builder.node('Sub', [count, one()]),
        builder.constant('int64', [0]),
      ]);
      builder.node('Cast', [place], { to: cast }, { name });
      return;
    }
    case 'types': {
      const zeros = builder.node('Mul', ['input_ids', builder.constant('int64', [0])]);
      builder.node('Cast', [zeros], { to: cast }, { name });
      return;
    }
    case 'kept-logits':
      // 0 asks for those of all tokens.
      builder.node('Cast', [builder.constant('int64', [0])], { to: cast }, { name });
      return;
    case 'past': {
      const { heads, width } = cache!.find(({ past }) => past === name)!;
      const batch = builder.node('Shape', ['input_ids'], { start: 0, end: 1 });
      const shape = builder.node('Concat', [batch, builder.constant('int64', [heads, 0, width], [3])], {
        axis: 0,
      });
      const empty = builder.node('ConstantOfShape', [shape]);
      builder.node('Cast', [empty], { to: type === 'float16' ? float16 : 1 }, { name });
    }
  }
}

const normOf: Readonly<Record<string, string>> = {
  SkipLayerNormalization: 'LayerNormalization',
  SkipSimplifiedLayerNormalization: 'SimplifiedLayerNormalization',
};

/**
 * The model in which every fused norm of a sum is the sum and the norm of it, so that the sum can be looked at, and what is
 * changed there reaches the norm too. The runtime fuses again what nobody looks at.
 */
export function withSeparateSums(model: ModelProto): ModelProto {
  const graph: GraphProto = model.graph ?? {};
  const readers = new Map<string, number>();
  for (const { input = [] } of graph.node ?? [])
    for (const name of input) readers.set(name, (readers.get(name) ?? 0) + 1);
  const node = (graph.node ?? []).flatMap((one) => {
    const opType = normOf[one.opType ?? ''];
    const [normed = '', mean, deviation, sum] = one.output ?? [];
    if (opType === undefined || mean || deviation) return [one];
    const [first = '', second = '', gain = '', ...rest] = one.input ?? [];
    // What nothing else reads is what is added to the state.
    const [state, added] =
      readers.get(first) === 1 && readers.get(second) !== 1 ? [second, first] : [first, second];
    const simplified = opType.startsWith('Simplified');
    const [shift, bias] = simplified ? ['', rest[0]] : rest;
    const value = sum || `${normed}/sum`;
    const name = one.name || normed;
    const biased = `${normed}/added`;
    return [
      ...(bias ? [{ opType: 'Add', name: `${name}/bias`, input: [added, bias], output: [biased] }] : []),
      { opType: 'Add', name: `${name}/sum`, input: [state, bias ? biased : added], output: [value] },
      {
        ...{ opType, name, output: [normed] },
        input: [value, gain, ...(shift ? [shift] : [])],
        attribute: [
          ...(one.attribute ?? []).filter((each) => each.name === 'epsilon'),
          { name: 'axis', i: -1, type: 2 },
        ],
      },
    ];
  });
  return { ...model, graph: { ...graph, node } };
}

/** How many products round their activations to 8 bits (`accuracy_level` 4). */
export function roundedProducts({ graph }: ModelProto): number {
  return (graph?.node ?? []).filter((node) => levelOf(node) === 4).length;
}

/** The model whose products of 4- and 8-bit weights leave activations in float32. */
export function withExactProducts(model: ModelProto): ModelProto {
  const node = (model.graph?.node ?? []).map((one) => {
    if (levelOf(one) !== 4) return one;
    const attribute = one.attribute!.map((each) =>
      each.name === 'accuracy_level' ? { ...each, i: 0 } : each,
    );
    return { ...one, attribute };
  });
  return { ...model, graph: { ...model.graph, node } };
}

function levelOf({ opType, attribute }: NodeProto): number {
  if (opType !== 'MatMulNBits') return 0;
  return Number(attribute?.find(({ name }) => name === 'accuracy_level')?.i ?? 0);
}
