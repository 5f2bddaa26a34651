/** @file A finished graph: named inputs and outputs, and the nodes between them in an order that can be executed. */
import { MongeError } from '../error';
import type { Node } from './tensor';
import { type Tensor } from './tensor';
import { formatType } from './types';

export interface GraphOutput {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly GraphOutput[];
  /** Every node that an output needs, inputs first. */
  readonly nodes: readonly Node[];
  /** Values of the enclosing graph that a loop body reads; empty for a graph that stands alone. */
  readonly captures: readonly Tensor[];
}

/** Collects what the outputs need. A value that reaches back to an input of another graph is an error. */
export function buildGraph(name: string, inputs: readonly Tensor[], outputs: readonly GraphOutput[]): Graph {
  const nodes = ancestors(outputs.map((output) => output.tensor));
  const known = new Set(inputs);
  const used = [...nodes.flatMap((node) => node.inputs), ...outputs.map((output) => output.tensor)];
  for (const tensor of used)
    if (tensor.node === null && !known.has(tensor))
      throw new MongeError({
        code: 'foreign-tensor',
        what: `graph ${name} uses an input that is not its own`,
        where: { tensor: tensor.name },
        got: formatType(tensor.type),
        help: 'a tensor lives only inside the trace or loop body that made it; pass it in as an input',
      });
  return { name, inputs, outputs, nodes, captures: [] };
}

/**
 * Collects a loop body: only what depends on its own inputs belongs to it; all else is read from outside, so that
 * loop-invariant work is done once.
 */
export function buildBody(name: string, inputs: readonly Tensor[], outputs: readonly GraphOutput[]): Graph {
  const inside = new Set<Tensor>(inputs);
  const nodes: Node[] = [];
  for (const node of ancestors(outputs.map((output) => output.tensor)))
    if (node.inputs.some((input) => inside.has(input))) {
      nodes.push(node);
      for (const output of node.outputs) inside.add(output);
    }
  const captures = new Set<Tensor>();
  for (const tensor of [...nodes.flatMap((node) => node.inputs), ...outputs.map((output) => output.tensor)])
    if (!inside.has(tensor)) captures.add(tensor);
  return { name, inputs, outputs, nodes, captures: [...captures] };
}

/** All nodes above the given tensors, each after those it reads. Iterative, because graphs can be deep. */
export function ancestors(tensors: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const stack: Node[] = [];
  for (const tensor of tensors) {
    if (tensor.node) stack.push(tensor.node);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (!state.has(node)) {
        state.set(node, 'open');
        for (let index = node.inputs.length - 1; index >= 0; index--) {
          const above = node.inputs[index]!.node;
          if (above && !state.has(above)) stack.push(above);
        }
      } else {
        stack.pop();
        if (state.get(node) === 'open') {
          state.set(node, 'done');
          order.push(node);
        }
      }
    }
  }
  return order;
}

/** The number of nodes, those in the bodies of loops included. */
export function countNodes(graph: Graph): number {
  return graph.nodes.reduce((count, { attributes }) => {
    const body = attributes.body as Graph | undefined;
    return count + 1 + (body ? countNodes(body) : 0);
  }, 0);
}

/** Unique, stable names for the nodes of a graph: `scope/Op`, numbered where the same name comes again. */
export function nameNodes(graph: Graph, taken = new Set<string>()): Map<Node, string> {
  const names = new Map<Node, string>();
  const counts = new Map<string, number>();
  for (const node of graph.nodes) {
    const base = node.scope === '' ? node.op.name : `${node.scope}/${node.op.name}`;
    let count = counts.get(base) ?? 0;
    let name: string;
    do {
      count += 1;
      name = count === 1 ? base : `${base}_${count}`;
    } while (taken.has(name));
    counts.set(base, count);
    taken.add(name);
    names.set(node, name);
  }
  return names;
}
