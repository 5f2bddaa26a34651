/** @file The velocity network with the standardisation around it: data units in, data units out. */
import {
  constant,
  divide,
  encodeModel,
  float32,
  inferenceGraph,
  int32,
  multiply,
  peakMemory,
  stream,
  subtract,
  toModel,
  toOnnx,
  type Dim,
  type Graph,
  type Tensor,
} from '../../../native-models';
import type { Compute, HostTensor } from '../../contract/compute';
import type { NamedArray } from '../../contract/define';
import type { FlowsConfig } from './config';
import { velocityNetwork, type FlowShape, type NetworkConfig } from './network';
import type { Standardisation } from './points/standardise';
import type { Velocity } from '../../ode/types';

export { velocityNetwork, type FlowShape, type NetworkConfig } from './network';
export type Parameters = Readonly<Record<string, NamedArray>>;

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

export interface VelocityModel {
  /** Classes of the labels that the network takes, 0 for none. */
  readonly classes: number;
  /** v(t, x) in data units with these parameters; `condition` matters where there are classes: without it, no label. */
  at(parameters: Parameters, condition?: Condition): Velocity;
  close(): Promise<void>;
}

/** One session for all snapshots of a run: the parameters are inputs. */
export async function openVelocityModel(
  compute: Compute,
  config: NetworkConfig,
  shape: number | FlowShape,
  standardisation: Standardisation,
): Promise<VelocityModel> {
  const { parameters: types, classes } = velocityNetwork(config, shape);
  const dimension = dimensionOf(shape);
  const shapes = Object.fromEntries(
    Object.entries(types).map(([name, type]) => [
      name,
      { data: new Float32Array(0), shape: type.shape as readonly number[] },
    ]),
  );
  const graph = (batch: Dim) => velocityGraph(config, shape, standardisation, shapes, 'inputs', batch);
  const session = await compute.open(
    toOnnx(graph('batch'), { target: config.device === 'webgpu' ? 'webgpu' : 'cpu' }),
    { device: config.device, label: 'velocity' },
  );
  const largest = largestBatch(graph(1));
  return {
    classes,
    at(parameters, condition) {
      const weights: Record<string, HostTensor> = {};
      for (const name of Object.keys(types)) weights[name] = hostTensor(parameters[name]!);
      const run = async (time: number, points: Float32Array, label: (row: number) => number) => {
        const count = points.length / dimension;
        const labels = Int32Array.from({ length: count }, (_, row) => label(row));
        const result = await session.run({
          ...weights,
          x: hostTensor({ data: points, shape: [count, dimension] }),
          t: hostTensor({ data: new Float32Array(count).fill(time), shape: [count, 1] }),
          ...(classes === 0 ? {} : { label: { type: 'int32' as const, data: labels, dims: [count] } }),
        });
        return result.velocity!.data as Float32Array;
      };
      const guidance = classes > 0 && condition && condition.labels.length > 0 ? condition.guidance : 0;
      /** What the network is told for a row; `classes` stands for no label. */
      const told = (row: number) => {
        const code = condition!.labels[row % condition!.labels.length]!;
        return code < 0 ? classes : code;
      };
      return async (time, points) => {
        const out = new Float32Array(points.length);
        const rows = points.length / dimension;
        for (let first = 0; first < rows; first += largest) {
          const part = points.slice(first * dimension, Math.min(rows, first + largest) * dimension);
          const free = guidance === 1 ? null : await run(time, part, () => classes);
          const bound = guidance === 0 ? null : await run(time, part, (row) => told(first + row));
          out.set(free && bound ? extrapolate(free, bound, guidance) : (bound ?? free)!, first * dimension);
        }
        return out;
      };
    },
    close: () => session.close(),
  };
}

/** free + w·(bound − free). */
function extrapolate(free: Float32Array, bound: Float32Array, weight: number): Float32Array {
  return free.map((value, k) => value + weight * (bound[k]! - value));
}

/** Rows whose values fit in memory, judged by the graph for one row. */
function largestBatch(single: Graph): number {
  const { bytes } = peakMemory(single);
  return Math.max(1, Math.min(LARGEST_BATCH, Math.floor(BATCH_BYTES / Math.max(1, bytes))));
}

/**
 * The model as a plain ONNX file: `x` [batch, dimension], `t` [batch, 1] and, for a conditional flow, int32 `label`
 * [batch] (the number of classes stands for no label) to `velocity` [batch, dimension], weights and standardisation
 * inside. What one needs to start from the source is in the file's metadata.
 */
export function exportVelocity(
  config: NetworkConfig,
  shape: number | FlowShape,
  standardisation: Standardisation,
  parameters: Parameters,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const model = toModel(velocityGraph(config, shape, standardisation, parameters, 'baked', 'batch'));
  const entries = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel({ ...model, metadataProps: entries });
}

function velocityGraph(
  config: NetworkConfig,
  shape: number | FlowShape,
  { mean, scale }: Standardisation,
  parameters: Parameters,
  weights: 'baked' | 'inputs',
  batch: Dim,
): Graph {
  const network = velocityNetwork(config, shape);
  const dimension = dimensionOf(shape);
  const row = (values: Float64Array): Tensor => constant(Float32Array.from(values), [1, dimension]);
  return inferenceGraph({
    name: 'velocity',
    parameters: parameters as Record<string, { data: Float32Array; shape: readonly number[] }>,
    inputs: {
      x: float32(batch, dimension),
      t: float32(batch, 1),
      ...(network.classes === 0 ? {} : { label: int32(batch) }),
    },
    weights,
    build: (given, { x, t, label }) => {
      const standardised = divide(subtract(x!, row(mean)), row(scale));
      return { velocity: multiply(network.apply(given, standardised, t!, label), row(scale)) };
    },
  });
}

function dimensionOf(shape: number | FlowShape): number {
  return typeof shape === 'number' ? shape : shape.dimension;
}

function hostTensor({ data, shape }: NamedArray): HostTensor {
  return { type: 'float32', data, dims: shape };
}
