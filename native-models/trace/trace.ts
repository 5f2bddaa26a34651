/** @file Turns a function on tensors into a graph by running it once on symbolic inputs. */
import { MongeError } from '../error';
import { showText, step } from '../debug';
import { buildGraph, countNodes, type Graph } from '../ir/graph';
import { printGraph } from '../ir/print';
import { Tensor, type Tensors } from '../ir/tensor';
import { checkType, type TensorType } from '../ir/types';
import { verifyGraph } from '../ir/verify';
import { simplify } from '../passes/simplify';
import { withScope } from '../ir/scope';

export interface TraceOptions {
  /** Fold constants, share equal nodes and drop needless ones; default true. */
  simplify?: boolean;
}

/**
 * Runs `build` on tensors of the given types and returns the graph of what it computed. The names of the records are
 * the names of the graph's inputs and outputs. Throws coded errors for shapes that do not fit.
 */
export function trace(
  name: string,
  inputs: Record<string, TensorType>,
  build: (inputs: Tensors) => Tensors,
  options: TraceOptions = {},
): Graph {
  const tensors = Object.entries(inputs).map(([inputName, type]) => {
    checkName(inputName, name);
    checkType(type, inputName);
    return new Tensor({ dtype: type.dtype, shape: [...type.shape] }, null, 0, inputName);
  });
  const size = (graph: Graph) => `${countNodes(graph)} nodes`;
  const traced = step(
    name,
    'trace',
    () => {
      const results = withScope('', () =>
        build(Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]))),
      );
      const outputs = Object.entries(results).map(([outputName, tensor]) => {
        checkName(outputName, name);
        return { name: outputName, tensor };
      });
      return buildGraph(name, tensors, outputs);
    },
    size,
  );
  step(
    name,
    'verify',
    () => verifyGraph(traced),
    () => 'well formed',
  );
  if (options.simplify === false) return traced;
  const simpler = step(name, 'simplify', () => simplify(traced), size);
  step(
    name,
    'verify',
    () => verifyGraph(simpler),
    () => 'well formed',
  );
  showText(() => printGraph(simpler));
  return simpler;
}

function checkName(name: string, graph: string): void {
  if (name !== '' && !/\s/.test(name)) return;
  throw new MongeError({
    code: 'invalid-name',
    what: `an input or output of graph ${graph} has no usable name`,
    got: JSON.stringify(name),
    expected: 'a name without white space',
  });
}
