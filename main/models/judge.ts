/** @file A foreign model judged by what it declares, before anything is allocated or run for it. */
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../native-models';
import { elementTypeName } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { ModelStructure } from './structure';

/** Bits of an element by the number of its type, as onnx.proto fixes them; text has none. */
const BITS: Readonly<Record<number, number>> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128 },
  ...{ 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2 },
};
const TEXT = 8;
const [COMPLEX_64, COMPLEX_128] = [14, 15];
const EXTERNAL = 1;

/**
 * Compares the declared size of every tensor with the values that are there, in all graphs and functions. Values in other
 * files are the matter of `locateExternalData`.
 * @throws `tensor-size`
 */
export function checkTensors(model: ModelProto, file: string): void {
  for (const tensor of tensorsOf(model)) checkTensor(tensor, file);
}

/**
 * That no node needs what is made of its own output, nor a function itself.
 * @throws `graph-cyclic` with a node or function of the cycle
 */
export function checkOrder(structure: ModelStructure, model: ModelProto, file: string): void {
  for (const graph of structure.graphs) {
    const needs = new Map<number, number[]>();
    for (const index of graph.nodes) {
      const { inputs, captures } = structure.nodes[index]!;
      const makers = [...inputs, ...captures].map((name) => graph.producers.get(name));
      needs.set(
        index,
        makers.filter((maker) => maker !== undefined),
      );
    }
    const stuck = cycleOf(needs);
    if (stuck === undefined) continue;
    const { name, op, outputs } = structure.nodes[stuck]!;
    throw cyclic(
      file,
      `${op} ${name || outputs[0] || ''}`.trim(),
      'a node needs what is made of its own output',
    );
  }
  const functions = new Map((model.functions ?? []).map((one) => [nameOf(one.domain, one.name), one]));
  const calls = new Map(
    [...functions].map(([name, { node = [] }]) => [
      name,
      [...nodesOf(node)]
        .map((one) => nameOf(one.domain, one.opType))
        .filter((called) => functions.has(called)),
    ]),
  );
  const recursive = cycleOf(calls);
  if (recursive !== undefined) throw cyclic(file, recursive, 'a function of the model calls itself');
}

/** One that is never ready when all that have what they need are taken away, again and again. */
function cycleOf<K>(needs: ReadonlyMap<K, readonly K[]>): K | undefined {
  const missing = new Map([...needs].map(([one, makers]) => [one, makers.length]));
  const users = new Map<K, K[]>();
  for (const [one, makers] of needs)
    for (const maker of makers) {
      const list = users.get(maker);
      if (list) list.push(one);
      else users.set(maker, [one]);
    }
  const ready = [...missing].filter(([, count]) => count === 0).map(([one]) => one);
  for (let one = ready.pop(); one !== undefined; one = ready.pop()) {
    missing.delete(one);
    for (const user of users.get(one) ?? []) {
      const left = missing.get(user)! - 1;
      missing.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  // What only waits for a cycle is in the rest too: follow the needs until one comes again.
  const seen = new Set<K>();
  let [at] = missing.keys();
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    at = needs.get(at)!.find((maker) => missing.has(maker));
  }
  return at;
}

function checkTensor(tensor: TensorProto, file: string): void {
  const dims = (tensor.dims ?? []).map(Number);
  const count = dims.reduce((product, size) => product * size, 1);
  const refuse = (got: string, expected: string) =>
    new MongeError({
      code: 'tensor-size',
      blame: 'input',
      what: 'the values of a tensor do not fit its declared size',
      where: { file, tensor: tensor.name || '(unnamed)' },
      got,
      expected,
      help: 'the file is damaged or was written wrongly; get it again or export it again',
    });
  const declared = `${elementTypeName(tensor.dataType)}[${dims.join(', ')}]`;
  if (!dims.every((size) => Number.isSafeInteger(size) && size >= 0) || !Number.isSafeInteger(count))
    throw refuse(declared, 'sizes from 0 upwards whose product can be counted');
  if (Number(tensor.dataLocation ?? 0) === EXTERNAL) return;
  const type = Number(tensor.dataType ?? 0);
  const bits = BITS[type];
  if (tensor.rawData !== undefined && tensor.rawData.length > 0) {
    const expected = bits === undefined ? undefined : Math.ceil((count * bits) / 8);
    if (expected !== undefined && tensor.rawData.length !== expected)
      throw refuse(
        `${tensor.rawData.length.toLocaleString('en')} bytes`,
        `${expected.toLocaleString('en')} for ${declared}`,
      );
    return;
  }
  const values = valuesIn(tensor, type);
  // Packed numbers of less than a byte may be written one or two to a value.
  const least = bits !== undefined && bits < 8 ? Math.ceil((count * bits) / 8) : count;
  if (values < least || values > count)
    throw refuse(`${values.toLocaleString('en')} values`, `${count.toLocaleString('en')} for ${declared}`);
}

/** Numbers in the typed fields; a complex one takes two. */
function valuesIn(tensor: TensorProto, type: number): number {
  if (type === TEXT) return tensor.stringData?.length ?? 0;
  const { floatData, int32Data, int64Data, doubleData, uint64Data } = tensor;
  const [values = 0] = [floatData, int32Data, int64Data, doubleData, uint64Data].flatMap((field) =>
    field && field.length > 0 ? [field.length] : [],
  );
  return type === COMPLEX_64 || type === COMPLEX_128 ? values / 2 : values;
}

function* tensorsOf(model: ModelProto): Generator<TensorProto> {
  const graphs: GraphProto[] = [model.graph ?? {}];
  const inNodes = function* (nodes: readonly NodeProto[]): Generator<TensorProto> {
    for (const { attribute = [] } of nodes)
      for (const {
        t,
        tensors = [],
        sparseTensor,
        sparseTensors = [],
        g,
        graphs: several = [],
      } of attribute) {
        yield* t ? [t, ...tensors] : tensors;
        for (const sparse of sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors)
          yield* [sparse.values, sparse.indices].filter((part) => part !== undefined);
        graphs.push(...(g ? [g] : []), ...several);
      }
  };
  for (const { node } of model.functions ?? []) yield* inNodes(node ?? []);
  for (let graph = graphs.pop(); graph; graph = graphs.pop()) {
    yield* graph.initializer ?? [];
    for (const { values, indices } of graph.sparseInitializer ?? [])
      yield* [values, indices].filter((part) => part !== undefined);
    yield* inNodes(graph.node ?? []);
  }
}

/** The nodes of a list and of the graphs in them. */
function* nodesOf(nodes: readonly NodeProto[]): Generator<NodeProto> {
  const left = [...nodes];
  for (let node = left.pop(); node; node = left.pop()) {
    yield node;
    for (const { g, graphs = [] } of node.attribute ?? [])
      for (const graph of g ? [g, ...graphs] : graphs) left.push(...(graph.node ?? []));
  }
}

function nameOf(domain = '', name = ''): string {
  return `${domain}::${name}`;
}

function cyclic(file: string, op: string, what: string): MongeError {
  return new MongeError({
    code: 'graph-cyclic',
    blame: 'input',
    what,
    where: { file, op },
    expected: 'a graph without cycles',
    help: 'the file is damaged or was written wrongly; export it again',
  });
}
