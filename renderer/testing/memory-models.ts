/** @file Models of the engine in memory: a perceptron in one block beside a Loop with a body, laid out in a column. */
import type {
  EngineApi,
  ModelEdge,
  ModelInfo,
  ModelItem,
  ModelView,
  ProfileSummary,
} from '../../main/rpc/contract';
import { EngineError } from '../engine/error';

export function modelInfo(name: string): ModelInfo {
  return {
    id: '00000000000000aa',
    name,
    path: `/models/${name}`,
    format: 'onnx',
    bytes: 4096,
    sha256: 'aa'.repeat(32),
    facts: {
      file: `/models/${name}`,
      format: 'onnx',
      irVersion: 10,
      opsets: { 'ai.onnx': 21 },
      producer: 'monge',
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['batch', 2] }],
      nodes: 3,
      nodesInBodies: 2,
      operators: { MatMul: 1, Add: 1, Loop: 1, Exp: 2 },
      initializers: 2,
      parameters: 6,
    },
    graphs: [
      { id: 0, title: 'main', nodes: 3, parent: null },
      { id: 1, title: 'Loop body', nodes: 2, parent: { graph: 0, node: 2 } },
    ],
    mainBody: 1,
  };
}

const summary: ProfileSummary = {
  runs: 5,
  milliseconds: 4,
  optimisation: 'basic',
  sizes: {},
  threads: 2,
  device: 'cpu',
  seed: 1,
  timed: 4,
  untimed: 1,
  unmatchedMilliseconds: 0,
  operators: [{ op: 'MatMul', milliseconds: 2, share: 0.5, nodes: 1 }],
  slowest: [{ node: 0, name: 'layer/MatMul', op: 'MatMul', milliseconds: 2, share: 0.5 }],
};
let profiled = false;

/** Forgets the profile of an earlier test. */
export function forgetProfile(): void {
  profiled = false;
}

function item(
  id: string,
  kind: ModelItem['kind'],
  title: string,
  row: number,
  more: Partial<ModelItem> = {},
): ModelItem {
  const time = profiled && kind !== 'input' && kind !== 'output' ? 2 : null;
  return {
    ...{ id, kind, title, detail: '', name: title, parent: null, nodes: 1, node: null, bodies: [] },
    ...{ x: 150, y: 60 + row * 90, width: 120, height: 42 },
    ...{ milliseconds: time, share: time === null ? null : 0.5, outputBytes: time === null ? null : 64 },
    ...more,
  };
}

function edge(from: string, to: string, row: number): ModelEdge {
  const points = [150, 81 + row * 90, 150, 129 + row * 90];
  return { from, to, label: 'batch×2', values: ['v'], count: 1, points, aside: false };
}

function viewOf(graph: number, open: readonly string[]): ModelView {
  const expanded = open.includes('layer');
  const main = expanded
    ? [
        item('n0', 'node', 'MatMul', 1, { node: 0, name: 'layer/MatMul', parent: 'b/layer' }),
        item('n1', 'node', 'Add', 2, { node: 1, name: 'layer/Add', parent: 'b/layer' }),
      ]
    : [item('b/layer', 'block', 'layer', 1, { nodes: 2, detail: 'Add · MatMul' })];
  const items =
    graph === 1
      ? [item('n3', 'node', 'Exp', 0, { node: 3 }), item('n4', 'node', 'Exp', 1, { node: 4 })]
      : [
          item('input/x', 'input', 'x', 0, { nodes: 0 }),
          ...main,
          item('n2', 'node', 'Loop', 3, { node: 2, bodies: [1], detail: '2 nodes inside' }),
          item('output/y', 'output', 'y', 4, { nodes: 0 }),
        ];
  const edges = items.slice(1).map((one, i) => edge(items[i]!.id, one.id, i));
  const box = { x: 150, y: 195, width: 160, height: 180, milliseconds: null, share: null };
  return {
    graph,
    trail: [{ graph: 0, title: 'main' }, ...(graph === 1 ? [{ graph: 1, title: 'Loop body' }] : [])],
    items,
    frames:
      expanded && graph === 0
        ? [{ id: 'b/layer', path: 'layer', title: 'layer', nodes: 2, parent: null, ...box }]
        : [],
    edges,
    width: 300,
    height: 480,
    leftCollapsed: [],
    nodes: items.reduce((sum, one) => sum + one.nodes, 0),
    constants: 0,
    profile: profiled ? summary : null,
  };
}

type ModelCalls = Pick<
  EngineApi,
  | 'sampleModels'
  | 'openSampleModel'
  | 'openRunModel'
  | 'recentModels'
  | 'model'
  | 'viewModel'
  | 'modelNode'
  | 'findNodes'
  | 'modelTensors'
  | 'exportNodes'
  | 'profileModel'
  | 'stopProfile'
>;

export const modelCalls: ModelCalls = {
  sampleModels: async () => [{ id: 'tiny', title: 'Tiny', description: 'A tiny model.', bytes: 4096 }],
  openSampleModel: async (id) => ({ ...modelInfo(`${id}.onnx`), sample: id }),
  openRunModel: async (run, _part) => ({ ...modelInfo(`${run}.onnx`), run }),
  recentModels: async () => [],
  model: async (id) => {
    if (id === modelInfo('').id) return modelInfo('again.onnx');
    throw new EngineError({ code: 'model-not-found', what: 'there is no such model' });
  },
  viewModel: async (_id, { graph, open }) => viewOf(graph, open),
  modelNode: async (_id, index) => ({
    index,
    graph: index < 3 ? 0 : 1,
    name: index === 0 ? 'layer/MatMul' : `node ${index}`,
    op: index === 0 ? 'MatMul' : 'Exp',
    domain: '',
    attributes: [{ name: 'axis', value: '1' }],
    inputs: [
      { name: 'x', type: 'float32[batch, 2]', from: 'input' },
      {
        name: 'w',
        type: 'float32[2, 2]',
        from: 'weight',
        elements: 4000,
        bytes: 16000,
        statistics: { minimum: -1, maximum: 1, mean: 0, standardDeviation: 0.5, zeros: 3 },
      },
    ],
    outputs: [{ name: 'h', type: 'float32[batch, 2]', from: '' }],
    bodies: [],
    blocks: index < 2 ? ['layer'] : [],
    profile: profiled
      ? { milliseconds: 2, share: 0.5, calls: 1, outputBytes: 64, ranAs: '', provider: 'CPU' }
      : null,
  }),
  findNodes: async (_id, text) =>
    'matmul'.includes(text.toLowerCase())
      ? [{ node: 0, graph: 0, name: 'layer/MatMul', op: 'MatMul', blocks: ['layer'] }]
      : [],
  modelTensors: async () => [],
  exportNodes: async () => ({
    name: 'nodes.csv',
    mediaType: 'text/csv',
    bytes: new TextEncoder().encode('index\n'),
  }),
  profileModel: async () => {
    profiled = true;
    return summary;
  },
  stopProfile: async () => {},
};
