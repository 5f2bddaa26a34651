/** @file Checks that a graph is well formed: order, names, and every type as its shape rule says. */
import { MongeError } from '../error';
import type { Graph } from './graph';
import type { Tensor } from './tensor';
import { formatType, sameType } from './types';

/** Throws `invalid-graph` at the first violation. Cheap enough to run after every pass. */
export function verifyGraph(graph: Graph): void {
  const defined = new Set<Tensor>([...graph.inputs, ...graph.captures]);
  requireUnique(
    graph,
    graph.inputs.map((input) => input.name),
    'input',
  );
  requireUnique(
    graph,
    graph.outputs.map((output) => output.name),
    'output',
  );
  for (const node of graph.nodes) {
    for (const input of node.inputs)
      if (!defined.has(input))
        throw invalid(graph, `${node.op.name} reads a value before it is made`, node.op.name);
    const expected = node.op.infer(
      node.inputs.map((input) => input.type),
      node.attributes,
    );
    node.outputs.forEach((output, position) => {
      const type = expected[position];
      if (!type || !sameType(type, output.type))
        throw invalid(
          graph,
          `${node.op.name} has an output of type ${formatType(output.type)}, not ${type ? formatType(type) : 'none'}`,
          node.op.name,
        );
      defined.add(output);
    });
    for (const value of Object.values(node.attributes)) if (isGraph(value)) verifyGraph(value);
  }
  for (const output of graph.outputs)
    if (!defined.has(output.tensor)) throw invalid(graph, `output ${output.name} is never made`);
}

/** Whether an attribute is the body of a loop. */
export function isGraph(value: unknown): value is Graph {
  return typeof value === 'object' && value !== null && 'nodes' in value && 'captures' in value;
}

function requireUnique(graph: Graph, names: readonly string[], kind: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw invalid(graph, `two ${kind}s are named ${name}`);
    seen.add(name);
  }
}

function invalid(graph: Graph, what: string, op?: string): MongeError {
  return new MongeError({ code: 'invalid-graph', what: `graph ${graph.name}: ${what}`, where: { op } });
}
