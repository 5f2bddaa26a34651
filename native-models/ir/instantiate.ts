/** @file Copies of nodes on other operands, with the bodies of loops inside them. */
import type { Graph } from './graph';
import { Node, type AttributeValue, type Attributes, type Tensor } from './tensor';
import { isGraph } from './verify';

/**
 * Copies the nodes of a graph. Where they read a key of `replaced` the copy reads its value; the outputs of the copies
 * are entered there too. Their scopes are those of the originals unless renamed. Returns the copies in order and the tensors that stand for the graph's outputs.
 */
export function instantiate(
  graph: Graph,
  replaced: Map<Tensor, Tensor>,
  renamed: (scope: string) => string = (scope) => scope,
): { nodes: Node[]; outputs: Tensor[] } {
  const current = (tensor: Tensor) => replaced.get(tensor) ?? tensor;
  const nodes = graph.nodes.map((node) => {
    const types = node.outputs.map((output) => output.type);
    const attributes = withBodies(node.attributes, replaced);
    const copy = new Node(node.op, node.inputs.map(current), attributes, types, renamed(node.scope));
    node.outputs.forEach((output, position) => replaced.set(output, copy.outputs[position]!));
    return copy;
  });
  return { nodes, outputs: graph.outputs.map(({ tensor }) => current(tensor)) };
}

/** A body keeps its inputs; what it reads from outside is replaced. */
function withBodies(attributes: Attributes, replaced: ReadonlyMap<Tensor, Tensor>): Attributes {
  if (!Object.values(attributes).some(isGraph)) return attributes;
  const entries = Object.entries(attributes).map(([key, value]): [string, AttributeValue] => {
    if (!isGraph(value)) return [key, value];
    const inside = new Map(replaced);
    const captures = value.captures.map((tensor) => inside.get(tensor) ?? tensor);
    const { nodes, outputs } = instantiate(value, inside);
    const named = value.outputs.map(({ name }, position) => ({ name, tensor: outputs[position]! }));
    return [key, { ...value, nodes, captures, outputs: named }];
  });
  return Object.fromEntries(entries);
}
