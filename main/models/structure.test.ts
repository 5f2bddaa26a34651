/** @file From a file to numbered graphs: scopes, bodies, captured values, known and inferred types. */
import { describe, expect, it } from 'vitest';
import { adamw, decodeModel, toModel } from '../../native-models';
import { toyProgram } from '../../native-models/testing/toy-program';
import { scopeOf } from './scopes';
import { graphsOf } from './open-models';
import { constantAt, structureOf, typeOf } from './structure';
import { branchingModel, modelBytes, node, value, weight } from './testing';
import { typeText } from './values';

const typeIn = (bytes: Uint8Array, graph: number, name: string) =>
  typeText(typeOf(structureOf(decodeModel(bytes)), graph, name));

describe('the scope of a node', () => {
  it.each([
    ['layer1/attention/MatMul', ['layer1', 'attention']],
    ['/blocks.0/attn/MatMul', ['blocks.0', 'attn']],
    ['Conv_12', []],
    ['', []],
    ['layer1/gradient/Gemm', ['gradient', 'layer1']],
    [Array.from({ length: 40 }, (_, i) => i).join('/'), Array.from({ length: 12 }, (_, i) => String(i))],
  ])('%s', (name, scope) => {
    expect(scopeOf({ name })).toEqual(scope);
  });

  it('comes from the module path that newer exporters keep beside a plain name', () => {
    const key = 'pkg.torch.onnx.name_scopes';
    const text = "['', 'blocks.0', 'blocks.0.attn', 'linear_1']";
    expect(scopeOf({ name: 'node_linear_1', metadataProps: [{ key, value: text }] })).toEqual([
      'blocks.0',
      'attn',
    ]);
  });
});

describe('the structure of a model', () => {
  it('numbers the bodies of control flow and knows what they read from outside', () => {
    const structure = structureOf(decodeModel(branchingModel()));
    expect(structure.graphs.map(({ title, parent, nodes }) => [title, parent, nodes.length])).toEqual([
      ['branching', null, 3],
      ['/choose then branch', { graph: 0, node: 2 }, 1],
      ['/choose else branch', { graph: 0, node: 2 }, 1],
    ]);
    expect(structure.nodes[2]).toMatchObject({ op: 'If', inputs: ['flag'], captures: ['hidden'] });
    expect(structure.nodes[2]!.bodies.map(({ graph }) => graph)).toEqual([1, 2]);
    expect(constantAt(structure, 1, 'w')?.dims).toEqual([4, 3]);
  });

  it('infers shapes that the file leaves out, also inside a body', () => {
    const bytes = branchingModel();
    expect(typeIn(bytes, 0, 'product')).toBe('float32[batch, 3]');
    expect(typeIn(bytes, 0, 'hidden')).toBe('float32[batch, 3]');
    expect(typeIn(bytes, 1, 'Relu/y')).toBe('float32[batch, 3]');
  });

  it.each([
    ['Transpose', [{ name: 'perm', type: 7, ints: [1, 0, 2] }], 'float32[3, 2, 5]'],
    ['Transpose', [], 'float32[5, 3, 2]'],
    ['Relu', [], 'float32[2, 3, 5]'],
    ['Shape', [], 'int64[3]'],
    ['Cast', [{ name: 'to', type: 2, i: 7 }], 'int64[2, 3, 5]'],
    ['ReduceSum', [], 'float32[1, 1, 1]'],
    [
      'ReduceMean',
      [
        { name: 'axes', type: 7, ints: [-1] },
        { name: 'keepdims', type: 2, i: 0 },
      ],
      'float32[2, 3]',
    ],
    ['Unsqueeze', [{ name: 'axes', type: 7, ints: [0] }], 'float32[1, 2, 3, 5]'],
    ['Resize', [], ''],
  ])('%s of [2, 3, 5] with %j gives “%s”', (op, attribute, expected) => {
    const bytes = modelBytes({ input: [value('x', 2, 3, 5)], node: [node(op, op, ['x'], ['y'], attribute)] });
    expect(typeIn(bytes, 0, 'y')).toBe(expected);
  });

  it('takes an Identity of a weight for the weight, as older exporters write shared ones', () => {
    const bytes = modelBytes({
      initializer: [weight('w', 3)],
      input: [value('x', 3)],
      node: [node('Identity', 'Identity_7', ['w'], ['shared']), node('Add', 'add', ['x', 'shared'], ['y'])],
    });
    const structure = structureOf(decodeModel(bytes));
    expect(structure.nodes.map(({ constant }) => constant !== null)).toEqual([true, false]);
    expect(constantAt(structure, 0, 'shared')?.dims).toEqual([3]);
  });

  it('says nothing where shapes do not fit', () => {
    const bytes = modelBytes({
      input: [value('a', 2, 3), value('b', 4, 5)],
      node: [node('Add', 'sum', ['a', 'b'], ['y'])],
    });
    expect(typeIn(bytes, 0, 'y')).toBe('');
  });

  it('finds the Loop that a training program is, and its types where the lowering writes them', () => {
    const { graph } = toyProgram(adamw(), 3);
    const described = structureOf(toModel(graph, { describe: true }));
    expect(graphsOf(described).mainBody).toBe(1);
    expect(described.graphs[1]!.parent?.graph).toBe(0);
    const silent = described.nodes.flatMap((one) =>
      one.outputs.filter((name) => !typeOf(described, one.graph, name)),
    );
    expect(silent).toEqual([]);
    expect(typeText(typeOf(described, 1, 'loss/layer1/Gemm'))).toBe('float32[16, 8]');
  });
});
