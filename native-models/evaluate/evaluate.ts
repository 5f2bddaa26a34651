/** @file The slow reference interpreter: runs a graph in double precision from each operation's plain-loop definition. */
import { MongeError } from '../error';
import { sizeOf, type NdArray } from '../ir/array';
import type { Graph } from '../ir/graph';
import type { Node, Tensor } from '../ir/tensor';
import { formatType, type Shape } from '../ir/types';

export interface HostArray {
  data: ArrayLike<number>;
  shape: readonly number[];
}

/**
 * Runs a graph on host arrays, everything in double precision. For tests and for small checks: it is slow.
 * Throws `missing-input` and `input-shape`.
 */
export function evaluate(
  graph: Graph,
  inputs: Record<string, HostArray>,
): Record<string, { data: Float64Array; shape: number[] }> {
  const sizes = new Map<string, number>();
  const arrays = graph.inputs.map((input) => {
    const given = inputs[input.name];
    if (!given)
      throw new MongeError({
        code: 'missing-input',
        what: `graph ${graph.name} needs another input`,
        where: { tensor: input.name },
        expected: formatType(input.type),
      });
    bindShape(input, given, sizes);
    return { shape: given.shape, data: Float64Array.from(given.data) };
  });
  const results = runGraph(graph, arrays, [], sizes);
  return Object.fromEntries(
    graph.outputs.map((output, position) => {
      const { data, shape } = results[position]!;
      return [output.name, { data, shape: [...shape] }];
    }),
  );
}

/** Runs one node on operands of its own; used by constant folding. */
export function evaluateNode(node: Node, inputs: readonly NdArray[]): readonly NdArray[] {
  return runNode(node, inputs, new Map());
}

function runGraph(
  graph: Graph,
  inputs: readonly NdArray[],
  captures: readonly NdArray[],
  sizes: ReadonlyMap<string, number>,
): NdArray[] {
  const values = new Map<Tensor, NdArray>();
  graph.inputs.forEach((tensor, position) => values.set(tensor, inputs[position]!));
  graph.captures.forEach((tensor, position) => values.set(tensor, captures[position]!));
  for (const node of graph.nodes) {
    const results = runNode(
      node,
      node.inputs.map((input) => values.get(input)!),
      sizes,
    );
    node.outputs.forEach((output, position) => values.set(output, results[position]!));
  }
  return graph.outputs.map((output) => values.get(output.tensor)!);
}

function runNode(
  node: Node,
  inputs: readonly NdArray[],
  sizes: ReadonlyMap<string, number>,
): readonly NdArray[] {
  return node.op.reference(inputs, node.attributes, {
    resolve: (shape) => resolveShape(shape, sizes),
    outputTypes: node.outputs.map((output) => output.type),
    runBody: (body, bodyInputs, captures) => runGraph(body, bodyInputs, captures, sizes),
  });
}

function resolveShape(shape: Shape, sizes: ReadonlyMap<string, number>): number[] {
  return shape.map((dim) => (typeof dim === 'number' ? dim : sizes.get(dim)!));
}

/** Checks an input against its declared type and learns the values of its symbolic sizes. */
function bindShape(input: Tensor, given: HostArray, sizes: Map<string, number>): void {
  const fits =
    given.shape.length === input.rank &&
    given.data.length === sizeOf(given.shape) &&
    input.shape.every((dim, axis) => {
      const size = given.shape[axis]!;
      if (typeof dim === 'number') return dim === size;
      if (!sizes.has(dim)) sizes.set(dim, size);
      return sizes.get(dim) === size;
    });
  if (fits) return;
  throw new MongeError({
    code: 'input-shape',
    what: 'an input does not have its declared shape',
    where: { tensor: input.name },
    got: `${given.data.length} values of shape [${given.shape.join(',')}]`,
    expected: formatType(input.type),
  });
}
