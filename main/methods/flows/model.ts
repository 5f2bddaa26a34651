/** @file The velocity network with the standardisation around it: data units in, data units out. */
import {
  constant,
  divide,
  encodeModel,
  float32,
  int32,
  multiply,
  peakMemory,
  stream,
  subtract,
  toModel,
  toOnnx,
  trace,
  type Dim,
  type Graph,
  type ModelProto,
  type Tap,
  type Tensor,
  type TensorType,
} from '../../../native-models';
import { floats } from '../../compute/run-rows';
import type { Compute, HostTensor, Session } from '../../contract/compute';
import type { NamedArray } from '../../contract/define';
import { hooksMetadata, networkHookId, type NetworkHook } from '../../models/network-hooks';
import type { FlowsConfig } from './config';
import { velocityNetwork, type FlowShape, type NetworkConfig, type VelocityNetwork } from './network';
import type { Standardisation } from './points/standardise';
import type { Velocity } from '../../ode/fixed';

export type Weights = Readonly<Record<string, NamedArray>>;

/** More rows than this go through the network in several runs. */
const LARGEST_BATCH = 8192;
/** What the values of one run may take; images get as many rows as fit. More would leave the cache and be slower. */
const BATCH_BYTES = 64 * 2 ** 20;

/** What a conditional flow is told while it generates. */
export interface Condition {
  /** The class code of row k is `labels[k % labels.length]`; −1 and an empty array stand for no label. */
  labels: Int32Array;
  /** w of v∅ + w·(v_label − v∅), with v∅ the velocity without a label (Ho and Salimans 2022); 1: the class as learned. */
  guidance: number;
}

/**
 * What points are generated for where no class is asked for: the labels of the given rows, shuffled, so that every prefix
 * has about the data's share of each class. Undefined where the flow takes no labels.
 */
export function typicalCondition(
  { condition, guidance }: Pick<FlowsConfig, 'condition' | 'guidance'>,
  { labels }: { labels: Int32Array | null },
  rows: Int32Array,
  seed: number,
): Condition | undefined {
  if (condition === 'none' || !labels) return undefined;
  const order = stream(seed, 'flows.condition').permutation(rows.length);
  return { labels: order.map((k) => labels[rows[k]!]!), guidance };
}

/** What a model needs to know of the data: the shape of the rows and the units that the network works in. `PreparedInputs` is one. */
export interface ModelShape extends FlowShape {
  standardisation: Standardisation;
}

/** One session for all snapshots of a run: the parameters are inputs. */
export async function openVelocityModel(compute: Compute, config: NetworkConfig, shape: ModelShape) {
  const network = velocityNetwork(config, shape);
  const { dimension } = shape;
  const graph = (batch: Dim) => velocityGraph(network, shape, batch);
  const session = await openField(compute, config, graph('batch'));
  const largest = largestBatch(graph(1));
  return {
    /** v(t, x) in data units with these parameters; `condition` matters where there are classes: without it, no label. */
    at(parameters: Weights, condition?: Condition): Velocity {
      const feeds = fieldFeeds(network, dimension, parameters);
      const run = async (...given: Parameters<typeof feeds>) =>
        (await session.run(feeds(...given))).velocity!.data as Float32Array;
      const told = network.classes > 0 && condition && condition.labels.length > 0 ? condition : null;
      const guidance = told?.guidance ?? 0;
      return async (time, points) => {
        const out = new Float32Array(points.length);
        const rows = points.length / dimension;
        for (let first = 0; first < rows; first += largest) {
          const part = points.slice(first * dimension, Math.min(rows, first + largest) * dimension);
          const code = (row: number) => told!.labels[(first + row) % told!.labels.length]!;
          const free = guidance === 1 ? null : await run(time, part, () => -1);
          const bound = guidance === 0 ? null : await run(time, part, code);
          const guided = bound && free?.map((value, k) => value + guidance * (bound[k]! - value));
          out.set((guided ?? bound ?? free)!, first * dimension);
        }
        return out;
      };
    },
    close: () => session.close(),
  };
}

/** A session of a graph of `fieldGraph`, where the network is run. */
export function openField(compute: Compute, { device }: NetworkConfig, graph: Graph): Promise<Session> {
  const target = device === 'webgpu' ? 'webgpu' : 'cpu';
  return compute.open(toOnnx(graph, { target }), { device, label: graph.name });
}

/**
 * What a graph of `fieldGraph` is fed: the parameters, and for each call points [rows, dimension], one time for all of them
 * and the class of each where the network takes it; `label` gives −1 where there is none.
 */
export function fieldFeeds(
  { parameters: types, classes }: VelocityNetwork,
  dimension: number,
  parameters: Weights,
) {
  const weights: Record<string, HostTensor> = {};
  for (const name of Object.keys(types)) {
    const { data, shape } = parameters[name]!;
    weights[name] = { type: 'float32', data, dims: shape };
  }
  return (time: number, points: Float32Array, label: (row: number) => number): Record<string, HostTensor> => {
    const rows = points.length / dimension;
    const x = floats(points, [rows, dimension]);
    const t = floats(new Float32Array(rows).fill(time), [rows, 1]);
    if (classes === 0) return { ...weights, x, t };
    const codes = Int32Array.from({ length: rows }, (_, row) => label(row));
    const data = codes.map((code) => (code < 0 ? classes : code));
    return { ...weights, x, t, label: { type: 'int32', data, dims: [rows] } };
  };
}

/** Rows whose values fit in memory, judged by the graph for one row. */
function largestBatch(single: Graph): number {
  const { bytes } = peakMemory(single);
  return Math.max(1, Math.min(LARGEST_BATCH, Math.floor(BATCH_BYTES / Math.max(1, bytes))));
}

/**
 * The model as a plain ONNX file: `x` [batch, dimension], `t` [batch, 1] and, for a conditional flow, int32 `label`
 * [batch] (the number of classes stands for no label) to `velocity` [batch, dimension], weights and standardisation
 * inside. What one needs to start from the source is in the file's metadata, and so are the places where it can be steered.
 */
export function exportVelocity(
  config: NetworkConfig,
  shape: ModelShape,
  parameters: Weights,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { model, hooks } = hookedModel(velocityNetwork(config, shape), shape, parameters);
  const told = { ...metadata, ...hooksMetadata(hooks) };
  const entries = Object.entries(told).map(([key, value]) => ({ key, value }));
  return encodeModel({ ...model, metadataProps: entries });
}

/** The model whose hooks are values with names that last: they are outputs while it is lowered, and none afterwards. */
function hookedModel(
  network: VelocityNetwork,
  shape: ModelShape,
  baked: Weights,
): { model: ModelProto; hooks: NetworkHook[] } {
  const hooks: NetworkHook[] = [];
  const graph = fieldGraph('velocity', network, shape, 'batch', {
    baked,
    build(field, { x, t, label }) {
      const taps: Record<string, Tensor> = {};
      const velocity = field(x!, t!, label, (role, block, value) => {
        const id = networkHookId(role, block);
        const layout = value.rank === 4 ? 'channels' : value.rank === 3 ? 'tokens' : 'units';
        const units = Number(value.shape[layout === 'channels' ? 1 : value.rank - 1]);
        taps[`hook/${id}`] = value;
        hooks.push({ id, role, block, value: `hook/${id}`, layout, units });
      });
      return { velocity, ...taps };
    },
  });
  const model = toModel(graph);
  const output = model.graph!.output!.filter(({ name }) => name === 'velocity');
  return { model: { ...model, graph: { ...model.graph, output } }, hooks };
}

function velocityGraph(network: VelocityNetwork, shape: ModelShape, batch: Dim): Graph {
  return fieldGraph('velocity', network, shape, batch, {
    build: (field, { x, t, label }) => ({ velocity: field(x!, t!, label) }),
  });
}

/** The velocity in data units as a part of a graph. */
type Field = (x: Tensor, t: Tensor, label?: Tensor, tap?: Tap) => Tensor;

/**
 * A graph around the velocity at `x` [rows, dimension] and `t` [rows, 1], with int32 `label` [rows] where the network takes
 * classes. The parameters are inputs unless they are `baked` in; `further` inputs are for what `build` adds.
 */
export function fieldGraph(
  name: string,
  network: VelocityNetwork,
  { dimension, standardisation: { mean, scale } }: ModelShape,
  rows: Dim,
  {
    baked,
    further = {},
    build,
  }: {
    baked?: Weights;
    further?: Record<string, TensorType>;
    build: (field: Field, inputs: Record<string, Tensor>) => Record<string, Tensor>;
  },
): Graph {
  const row = (values: Float64Array): Tensor => constant(Float32Array.from(values), [1, dimension]);
  const inputs = {
    x: float32(rows, dimension),
    t: float32(rows, 1),
    ...further,
    ...(network.classes === 0 ? {} : { label: int32(rows) }),
    ...(baked ? {} : network.parameters),
  };
  return trace(name, inputs, (given) => {
    const constants = Object.entries(baked ?? {}).map(([key, { data, shape }]) => {
      return [key, constant(data, shape)] as const;
    });
    const weights = baked ? Object.fromEntries(constants) : given;
    return build((x, t, label, tap) => {
      const standardised = divide(subtract(x, row(mean)), row(scale));
      return multiply(network.apply(weights, standardised, t, label, tap), row(scale));
    }, given);
  });
}
