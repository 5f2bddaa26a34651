/** @file The part of a graph between one value and another, as a model of its own: what follows the last state, for a lens. */
import { pruneGraph, type GraphProto, type ModelProto, type NodeProto } from '../../native-models';

/**
 * The model that computes `to` from `from`, float32 [batch, tokens, width], and from weights; null where something else goes
 * into it. Inputs of the whole graph that are asked for nothing but their sizes stay inputs.
 */
export function cutGraph(
  model: ModelProto,
  from: { value: string; width: number },
  to: string,
): ModelProto | null {
  const graph = model.graph ?? {};
  const kept = pruneGraph({
    ...graph,
    node: (graph.node ?? []).filter(({ output }) => !output?.includes(from.value)),
    output: [{ name: to, type: { tensorType: { elemType: 1 } } }],
  });
  const nodes = kept.node ?? [];
  const sized = sizedInputs(graph, nodes);
  const weights = (kept.initializer ?? []).map(({ name }) => name ?? '');
  const known = new Set([from.value, ...weights]);
  for (const { opType, input = [], output = [], attribute = [] } of nodes) {
    const asksSizes = opType === 'Shape' && sized.some(({ name }) => name === input[0]);
    if (attribute.some(({ g }) => g)) return null;
    if (!asksSizes && input.some((name) => name !== '' && !known.has(name))) return null;
    for (const name of output) known.add(name);
  }
  if (!known.has(to)) return null;
  const dim = [{ dimParam: 'batch' }, { dimParam: 'tokens' }, { dimValue: from.width }];
  const state = { name: from.value, type: { tensorType: { elemType: 1, shape: { dim } } } };
  return { ...model, graph: { ...kept, input: [state, ...sized], valueInfo: [] } };
}

function sizedInputs(
  { input = [] }: GraphProto,
  nodes: readonly NodeProto[],
): NonNullable<GraphProto['input']> {
  const asked = new Set(nodes.filter(({ opType }) => opType === 'Shape').map((node) => node.input?.[0]));
  return input.filter(({ name }) => asked.has(name));
}
