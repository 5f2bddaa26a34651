/** @file Small ONNX models for the tests of everything that looks at models. */
import {
  encodeModel,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../native-models';

export function node(
  opType: string,
  name: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
): NodeProto {
  return { opType, name, input, output, attribute };
}

/** A float32 value; sizes that are text stay open. */
export function value(name: string, ...shape: (number | string)[]): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

/** A float32 tensor of zeros. */
export function weight(name: string, ...dims: number[]) {
  const count = dims.reduce((product, size) => product * size, 1);
  return { name, dims, dataType: 1, rawData: new Uint8Array(4 * count) };
}

export function modelBytes(graph: GraphProto): Uint8Array {
  return encodeModel({
    irVersion: 10,
    producerName: 'test',
    opsetImport: [{ domain: '', version: 21 }],
    graph,
  });
}

/** x [batch, 4] through a weight, a bias and an If whose branches differ; nothing but x, w and y is typed. */
export function branchingModel(): Uint8Array {
  const branch = (op: string): GraphProto => ({
    name: op,
    node: [node(op, `${op}`, ['hidden'], [`${op}/y`])],
    output: [{ name: `${op}/y` }],
  });
  return modelBytes({
    name: 'branching',
    input: [
      value('x', 'batch', 4),
      { name: 'flag', type: { tensorType: { elemType: 9, shape: { dim: [] } } } },
    ],
    output: [value('y', 'batch', 3)],
    initializer: [weight('w', 4, 3), weight('b', 3)],
    node: [
      node('MatMul', '/encoder/MatMul', ['x', 'w'], ['product']),
      node('Add', '/encoder/Add', ['product', 'b'], ['hidden']),
      node(
        'If',
        '/choose',
        ['flag'],
        ['y'],
        [
          { name: 'then_branch', type: 5, g: branch('Relu') },
          { name: 'else_branch', type: 5, g: branch('Tanh') },
        ],
      ),
    ],
  });
}

/** `length` nodes one after the other without a scope, as exporters without names write them. */
export function chainModel(length: number): Uint8Array {
  return modelBytes({
    name: 'chain',
    input: [value('v0', 2)],
    output: [value(`v${length}`, 2)],
    node: Array.from({ length }, (_, i) => node(i % 3 === 0 ? 'Exp' : 'Neg', '', [`v${i}`], [`v${i + 1}`])),
  });
}
