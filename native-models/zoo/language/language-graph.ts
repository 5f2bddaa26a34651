/** @file What every graph of the language models ends with: hooks by id, weights beside the model, only what is needed. */
import { MongeError } from '../../error';
import type { GraphBuilder } from '../../onnx/builder';
import { externalTensors } from '../../onnx/data-file';
import type { GraphProto, ModelProto } from '../../onnx/model';
import { pruneGraph } from '../../onnx/prune';
import type { HookPoint } from './config';
import { runtimeDomain } from './graph-parts';
import type { WeightBook } from './weight-book';
import type { LazyWeight } from './weights';

/** An input or output; sizes that are text are open. */
export interface GraphValue {
  name: string;
  element: 'float32' | 'int64';
  shape: readonly (number | string)[];
}

/** What is thrown where no output is asked for. */
export function nothingAsked(expected: string): MongeError {
  return new MongeError({
    code: 'graph-empty',
    blame: 'input',
    what: 'nothing is asked of this model',
    expected,
  });
}

/** The hook of this id. @throws `hook-unknown` */
export function hookById(hooks: readonly HookPoint[], id: string): HookPoint {
  const hook = hooks.find((candidate) => candidate.id === id);
  if (hook) return hook;
  throw new MongeError({
    code: 'hook-unknown',
    blame: 'input',
    what: 'this model has no such place',
    where: { key: id },
    expected: [...new Set(hooks.map(({ role }) => role))].join(', '),
  });
}

/** The pruned graph, with those weights as initialisers that it still reads. */
export function withWeights(
  builder: GraphBuilder,
  book: WeightBook,
  location: string,
): { graph: GraphProto; weights: LazyWeight[] } {
  const whole = builder.graph('model');
  const tensors = externalTensors(book.weights, location);
  const pruned = pruneGraph({ ...whole, initializer: [...(whole.initializer ?? []), ...tensors] });
  const kept = new Set(pruned.initializer?.map(({ name }) => name));
  const weights = book.weights.filter(({ name }) => kept.has(name));
  const inner = pruned.initializer?.filter(({ dataLocation }) => dataLocation !== 1) ?? [];
  return {
    graph: { ...pruned, initializer: [...inner, ...externalTensors(weights, location)] },
    weights,
  };
}

/** The file around a graph. */
export function modelOf(graph: GraphProto): ModelProto {
  return {
    irVersion: 10,
    producerName: 'monge',
    opsetImport: [
      { domain: '', version: 23 },
      { domain: runtimeDomain, version: 1 },
    ],
    graph,
  };
}
