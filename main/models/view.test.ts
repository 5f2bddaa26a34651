/** @file Grouping and the picture: blocks by scope, long levels in parts, edges between what shows, positions that do not overlap. */
import { describe, expect, it } from 'vitest';
import { decodeModel, toOnnx } from '../../native-models';
import { gptProgram } from '../../native-models/testing/gpt-program';
import { blockTree, MOST_CHILDREN, nodesInside, type Block } from './blocks';
import { findNodes, nodeInfo } from './node';
import { structureOf } from './structure';
import { nodesCsv } from './table';
import { branchingModel, chainModel, modelBytes, node, value } from './testing';
import type { ModelFrame, ModelItem, ModelView } from '../contract/models';
import { BlockModel, MOST_ITEMS, viewModel } from './view';

const blocksOfModel = (bytes: Uint8Array) => new BlockModel(structureOf(decodeModel(bytes)));
const program = gptProgram({ layers: 12, width: 8, context: 4, batchSize: 2, chunk: 2 });
const transformer = blocksOfModel(toOnnx(program.graph, { describe: true }));
const view = (model: BlockModel, graph: number, ...open: string[]) => viewModel(model, { graph, open }, null);
const titles = ({ items }: ModelView) => items.map(({ title }) => title);

function everyBlock(root: Block): Block[] {
  return root.children.flatMap((child) => (typeof child === 'number' ? [] : [child, ...everyBlock(child)]));
}

describe('grouping', { timeout: 60_000 }, () => {
  it('holds every node of the graph once, and no level that is too long', () => {
    for (const [model, graph] of [
      [transformer, 1],
      [blocksOfModel(chainModel(5000)), 0],
    ] as const) {
      const { structure } = model;
      const root = blockTree(structure, structure.graphs[graph]!);
      expect([...nodesInside(root)].sort((a, b) => a - b)).toEqual(structure.graphs[graph]!.nodes);
      const blocks = [root, ...everyBlock(root)];
      expect(Math.max(...blocks.map((block) => block.children.length))).toBeLessThanOrEqual(MOST_CHILDREN);
      expect(new Set(blocks.map((block) => block.path)).size).toBe(blocks.length);
      for (const block of blocks) expect(block.count).toBe(nodesInside(block).length);
    }
  });

  it('cuts a graph without scopes into parts that follow each other', () => {
    const parts = view(blocksOfModel(chainModel(600)), 0);
    expect(titles(parts).slice(0, 3)).toEqual(['part 1', 'part 2', 'part 3']);
    const chain = parts.edges.filter(({ from, to }) => /part/.test(from) && /part/.test(to));
    expect(chain.map(({ from, to }) => Number(/\d+$/.exec(to)![0]) - Number(/\d+$/.exec(from)![0]))).toEqual(
      Array.from({ length: 9 }, () => 1),
    );
  });

  it('piles equal nodes that stand side by side', () => {
    const names = Array.from({ length: 20 }, (_, i) => `v${i}`);
    const model = blocksOfModel(
      modelBytes({
        input: names.map((name) => value(name, 1)),
        output: [value('y', 20)],
        node: [
          ...names.map((name) => node('Relu', `r${name}`, [name], [`${name}+`])),
          node(
            'Concat',
            'join',
            names.map((name) => `${name}+`),
            ['y'],
            [{ name: 'axis', type: 2, i: 0 }],
          ),
        ],
      }),
    );
    expect(titles(view(model, 0))).toEqual(['Relu ×20', 'Concat', '20 inputs', 'y']);
    expect(view(model, 0, 'Relu ×20').items.filter(({ title }) => title === 'Relu')).toHaveLength(20);
  });

  it('shows a block with one node as that node', () => {
    expect(titles(view(transformer, 1, 'loss'))).not.toContain('Subtract');
  });
});

describe('the picture', { timeout: 60_000 }, () => {
  it('collapses the loop of a training program to its layers, the backward pass apart', () => {
    const body = view(transformer, 1);
    const blocks = Array.from({ length: 12 }, (_, i) => `layers.${i}`);
    expect(titles(body)).toEqual(
      expect.arrayContaining([...blocks, 'parameters', 'loss', 'gradient', 'adamw']),
    );
    expect(body.items.length).toBeLessThan(30);
    expect(body.trail.map(({ graph }) => graph)).toEqual([0, 1]);
    const forward = body.edges.find(({ from, to }) => from === 'b/layers.0' && to === 'b/layers.1');
    expect(forward).toMatchObject({ count: 1, label: '2×4×8', aside: false });
  });

  it('expands a block inside its frame and keeps every node reachable', () => {
    const open = view(transformer, 1, 'layers.0', 'layers.0/self_attn');
    expect(open.frames.map(({ path }) => path)).toEqual(['layers.0', 'layers.0/self_attn']);
    const inside = open.items.filter(({ parent }) => parent === 'b/layers.0/self_attn');
    expect(inside.length).toBeGreaterThan(10);
    expect(open.items.reduce((sum, item) => sum + item.nodes, 0)).toBe(open.nodes);
    const [outer, frame] = open.frames as [ModelFrame, ModelFrame];
    const top = (one: ModelFrame) => one.y - one.height / 2;
    expect(top(frame) - top(outer), 'room for the title of the outer frame').toBeGreaterThanOrEqual(28);
    for (const item of inside) {
      expect(Math.abs(item.x - frame.x) + item.width / 2).toBeLessThanOrEqual(frame.width / 2 + 0.1);
      expect(Math.abs(item.y - frame.y) + item.height / 2).toBeLessThanOrEqual(frame.height / 2 + 0.1);
    }
  });

  it.each([[[]], [['layers.0', 'gradient', 'adamw', 'parameters']]])(
    'overlaps no two boxes with %j open',
    (open) => {
      const { items, width, height } = view(transformer, 1, ...open);
      const meet = (a: ModelItem, b: ModelItem) =>
        Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;
      for (const [i, a] of items.entries()) {
        for (const b of items.slice(i + 1)) expect(meet(a, b), `${a.id} and ${b.id}`).toBe(false);
        expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
        expect(a.y + a.height / 2).toBeLessThanOrEqual(height);
      }
    },
  );

  it('says which box makes a value that is asked for, whether it is open or not', () => {
    const open = ['layers.0', 'layers.0/self_attn'];
    const inside = view(transformer, 1, ...open).items.find(
      ({ parent, kind }) => parent === 'b/layers.0/self_attn' && kind === 'node',
    )!;
    const made = transformer.structure.nodes[inside.node!]!.outputs[0]!;
    const makers = (paths: string[], ...asked: string[]) =>
      viewModel(transformer, { graph: 1, open: paths, values: asked }, null).items.flatMap(({ id, makes }) =>
        makes ? [[id, makes]] : [],
      );
    expect(makers(open, made, 'nobody')).toEqual([[inside.id, [made]]]);
    expect(makers([], made, made)).toEqual([['b/layers.0', [made]]]);
    expect(view(transformer, 1).items.some((item) => 'makes' in item)).toBe(false);
  });

  it('is the same every time', () => {
    const fresh = new BlockModel(transformer.structure);
    expect(view(fresh, 1, 'layers.2')).toEqual(view(transformer, 1, 'layers.2'));
  });

  it('leaves blocks collapsed that would make it too large, and says which', () => {
    const all = everyBlock(transformer.tree(transformer.graph(1)).root).map(({ path }) => path);
    const full = view(transformer, 1, ...all);
    expect(full.items.length).toBeLessThanOrEqual(MOST_ITEMS + 20);
    expect(full.leftCollapsed.length).toBeGreaterThan(0);
  });

  it('connects a control-flow node to what its bodies read', () => {
    const { edges, items } = view(blocksOfModel(branchingModel()), 0, 'encoder');
    const id = (title: string) => items.find((item) => item.title === title)!.id;
    expect(edges.map(({ from, to, label }) => [from, to, label])).toContainEqual([
      id('Add'),
      id('If'),
      'batch×3',
    ]);
    expect(items.find(({ title }) => title === 'If')?.bodies).toEqual([1, 2]);
    const body = view(blocksOfModel(branchingModel()), 1);
    expect(body.items.find(({ kind }) => kind === 'outside')?.name).toBe('hidden');
  });

  it('refuses a graph that is not there', () => {
    expect(() => view(transformer, 7)).toThrow('graph-unknown');
  });
});

describe('one node', { timeout: 60_000 }, () => {
  it('tells attributes, inputs with their origin, and a weight in one line', () => {
    const model = blocksOfModel(branchingModel());
    expect(nodeInfo(model, 0, null)).toMatchObject({
      op: 'MatMul',
      blocks: ['encoder'],
      inputs: [
        { name: 'x', type: 'float32[batch, 4]', from: 'input' },
        {
          name: 'w',
          from: 'weight',
          elements: 12,
          bytes: 48,
          statistics: { minimum: 0, maximum: 0, zeros: 12 },
        },
      ],
      outputs: [{ name: 'product', type: 'float32[batch, 3]' }],
    });
    expect(nodeInfo(model, 1, null).inputs[1]).toMatchObject({ name: 'b', values: [0, 0, 0] });
    expect(() => nodeInfo(model, 99, null)).toThrow('node-unknown');
  });

  it('is found by operator and by name, with the blocks around it', () => {
    expect(findNodes(transformer, 'cosine')).toEqual([]);
    expect(findNodes(transformer, 'softmax').map(({ op }) => op)).toContain('Softmax');
    const [first] = findNodes(transformer, 'layers.2/self_attn/');
    expect(first?.blocks).toEqual(['layers.2', 'layers.2/self_attn', 'layers.2/self_attn/q_proj']);
    expect(findNodes(transformer, 'GEMM').every(({ op }) => op === 'Gemm')).toBe(true);
    expect(findNodes(transformer, '  ')).toEqual([]);
  });

  it('is one line of the table, collapsed or not', () => {
    const lines = nodesCsv(transformer, 1, null).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + transformer.graph(1).nodes.length);
    expect(lines[0]).toMatch(/^index,name,operator/);
  });
});
