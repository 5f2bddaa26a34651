/** @file Foreign models judged by what they declare: sizes against values, cycles, and outputs by their types. */
import { describe, expect, it } from 'vitest';
import {
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  type TypeProto,
} from '../../native-models';
import type { MongeError } from '../../native-models/error';
import { checkOrder, checkTensors } from './judge';
import { runnable } from './runnable';
import { structureOf } from './structure';
import { branchingModel, chainModel, node, value, weight } from './testing';

const failure = (act: () => unknown): MongeError => {
  try {
    act();
  } catch (error) {
    return error as MongeError;
  }
  throw new Error('nothing was thrown');
};

const withWeight = (tensor: TensorProto): ModelProto => ({
  graph: { input: [value('x', 2)], output: [value('y', 2)], initializer: [tensor] },
});

describe('the declared size of a tensor', () => {
  it.each<[string, TensorProto]>([
    ['raw bytes', weight('w', 2, 3)],
    ['numbers', { dims: [2], dataType: 1, floatData: [1, 2] }],
    ['a scalar', { dataType: 7, int64Data: [5] }],
    ['nothing at all', { dims: [0, 4], dataType: 1 }],
    ['halves in 32 bits', { dims: [2], dataType: 10, int32Data: [1, 2] }],
    ['three numbers of 4 bits', { dims: [3], dataType: 22, rawData: new Uint8Array(2) }],
    ['the same in 32 bits', { dims: [3], dataType: 22, int32Data: [1, 2] }],
    ['complex numbers', { dims: [2], dataType: 14, floatData: [1, 2, 3, 4] }],
    ['text', { dims: [1], dataType: 8, stringData: [new Uint8Array(3)] }],
    ['values in another file', { dims: [9, 9], dataType: 1, dataLocation: 1 }],
  ])('fits %s', (_name, tensor) => {
    expect(() => checkTensors(withWeight(tensor), 'm.onnx')).not.toThrow();
  });

  it.each<[string, TensorProto]>([
    ['far more than there is', { ...weight('w', 2), dims: [2 ** 40] }],
    ['less than there is', { ...weight('w', 2), dims: [1] }],
    ['a product that cannot be counted', { ...weight('w', 2), dims: [2 ** 40, 2 ** 40] }],
    ['a size below 0', { ...weight('w', 2), dims: [-2] }],
    ['numbers that are not there', { name: 'w', dims: [3], dataType: 1, floatData: [1] }],
    ['values that are nowhere', { name: 'w', dims: [3], dataType: 1 }],
  ])('is refused where it is %s', (_name, tensor) => {
    const { detail } = failure(() => checkTensors(withWeight(tensor), 'm.onnx'));
    expect(detail).toMatchObject({ code: 'tensor-size', where: { file: 'm.onnx', tensor: 'w' } });
  });

  it('is looked at in bodies and functions too', () => {
    const wrong = { ...weight('deep', 2), dims: [99] };
    const body: GraphProto = { node: [node('Constant', 'c', [], ['v'], [{ name: 'value', t: wrong }])] };
    const outer = node('If', 'if', ['x'], ['y'], [{ name: 'then_branch', g: body }]);
    for (const model of [{ graph: { node: [outer] } }, { functions: [{ name: 'f', node: [outer] }] }])
      expect(failure(() => checkTensors(model, 'm.onnx')).detail.where).toMatchObject({ tensor: 'deep' });
  });
});

describe('the order of a graph', () => {
  const check = (model: ModelProto) => checkOrder(structureOf(model), model, 'm.onnx');
  const graphOf = (nodes: GraphProto['node']): ModelProto => ({
    graph: { input: [value('x', 2)], output: [value('y', 2)], node: nodes },
  });

  it('may be any as long as there is one', () => {
    for (const bytes of [branchingModel(), chainModel(2000)]) check(decodeModel(bytes));
    check(graphOf([node('Neg', 'last', ['h'], ['y']), node('Exp', 'first', ['x'], ['h'])]));
  });

  it.each<[string, ModelProto, string]>([
    ['two nodes', graphOf([node('Add', 'a', ['x', 'c'], ['b']), node('Neg', '', ['b'], ['c'])]), 'Neg c'],
    ['one node', graphOf([node('Add', 'own', ['x', 'y'], ['y'])]), 'Add own'],
    [
      'a body that reads what is made of it',
      graphOf([
        node(
          'If',
          'if',
          ['x'],
          ['h'],
          [{ name: 'then_branch', g: { node: [node('Neg', '', ['y'], ['o'])] } }],
        ),
        node('Exp', 'exp', ['h'], ['y']),
      ]),
      'If if',
    ],
  ])('is refused for a cycle of %s', (_name, model, op) => {
    // Something behind the cycle must not be blamed for it.
    model.graph!.node!.push(node('Tanh', 'behind', [model.graph!.node![0]!.output![0]!], ['t']));
    const { detail } = failure(() => check(decodeModel(encodeModel(model))));
    expect(detail).toMatchObject({ code: 'graph-cyclic', where: { file: 'm.onnx' } });
    expect(detail.where!.op).not.toContain('behind');
    if (op !== 'Neg c') expect(detail.where!.op).toMatch(new RegExp(`^${op}|Exp exp$`));
  });

  it('is refused for functions that call themselves by others', () => {
    const calls = (name: string, called: string) => ({
      name,
      domain: 'd',
      node: [{ opType: called, domain: 'd' }],
    });
    const model = { ...graphOf([]), functions: [calls('f', 'g'), calls('g', 'f')] };
    expect(failure(() => check(model)).code).toBe('graph-cyclic');
    check({ ...graphOf([]), functions: [calls('f', 'g'), calls('g', 'h')] });
  });
});

describe('what is run of a model', () => {
  const of = (type: TypeProto): TypeProto => type;
  const maps = of({
    sequenceType: { elemType: { mapType: { keyType: 7, valueType: { tensorType: { elemType: 1 } } } } },
  });
  const giving = (...types: TypeProto[]): ModelProto => ({
    graph: { input: [value('x', 2)], output: types.map((type, k) => ({ name: `o${k}`, type })) },
  });
  const float = of({ tensorType: { elemType: 1 } });

  it('is the very same where every output is a tensor of numbers', () => {
    const model = giving(float, of({ tensorType: { elemType: 9 } }));
    expect(runnable(model, 'm').model).toBe(model);
  });

  it('leaves out what cannot be had, with its type in words', () => {
    const { model, leftOut } = runnable(giving(maps, float, of({ tensorType: { elemType: 16 } })), 'm');
    expect(model.graph!.output!.map(({ name }) => name)).toEqual(['o1']);
    expect(leftOut).toEqual([
      { name: 'o0', type: 'sequence of map from int64 to float32' },
      { name: 'o2', type: 'bfloat16' },
    ]);
  });

  it.each<[string, ModelProto, string]>([
    ['nothing is left', giving(maps, of({ tensorType: { elemType: 8 } })), 'outputs-unsupported'],
    ['a type is not declared', { graph: { output: [{ name: 'y' }] } }, 'outputs-unsupported'],
    ['an input cannot be fed', { graph: { input: [{ name: 'x', type: maps }] } }, 'input-unsupported'],
  ])('is refused where %s', (_name, model, code) => {
    expect(failure(() => runnable(model, 'm.onnx')).code).toBe(code);
  });
});
