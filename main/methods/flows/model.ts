/** @file The velocity network with the standardisation around it: data units in, data units out. */
import {
  constant,
  divide,
  encodeModel,
  float32,
  inferenceGraph,
  multiply,
  subtract,
  toModel,
  toOnnx,
  velocityMlp,
  type Tensor,
} from '../../../native-models';
import type { Compute, HostTensor } from '../../compute/types';
import type { NamedArray } from '../define';
import type { FlowsConfig } from './config';
import type { Standardisation } from './points/standardise';
import type { Velocity } from './solver/types';

/** The parts of the config that shape the network. */
export type NetworkConfig = Pick<FlowsConfig, 'hidden' | 'layers' | 'frequencies' | 'activation' | 'device'>;
export type Parameters = Readonly<Record<string, NamedArray>>;

/** More rows than this go through the network in several runs. */
const LARGEST_BATCH = 8192;

/** The network on standardised points; holds no values. */
export function velocityNetwork(config: NetworkConfig, dimension: number) {
  const { hidden, layers, frequencies, activation } = config;
  return velocityMlp({ dimension, hidden, layers, frequencies, activation });
}

export interface VelocityModel {
  /** v(t, x) in data units with these parameters. */
  at(parameters: Parameters): Velocity;
  close(): Promise<void>;
}

/** One session for all snapshots of a run: the parameters are inputs. */
export async function openVelocityModel(
  compute: Compute,
  config: NetworkConfig,
  dimension: number,
  standardisation: Standardisation,
): Promise<VelocityModel> {
  const types = velocityNetwork(config, dimension).parameters;
  const shapes = Object.fromEntries(
    Object.entries(types).map(([name, { shape }]) => [
      name,
      { data: new Float32Array(0), shape: shape as readonly number[] },
    ]),
  );
  const graph = velocityGraph(config, dimension, standardisation, shapes, 'inputs');
  const session = await compute.open(
    toOnnx(graph, { target: config.device === 'webgpu' ? 'webgpu' : 'cpu' }),
    { device: config.device, label: 'velocity' },
  );
  return {
    at(parameters) {
      const weights: Record<string, HostTensor> = {};
      for (const name of Object.keys(types)) weights[name] = hostTensor(parameters[name]!);
      return async (time, points) => {
        const out = new Float32Array(points.length);
        const rows = points.length / dimension;
        for (let first = 0; first < rows; first += LARGEST_BATCH) {
          const count = Math.min(LARGEST_BATCH, rows - first);
          const result = await session.run({
            ...weights,
            x: hostTensor({
              data: points.slice(first * dimension, (first + count) * dimension),
              shape: [count, dimension],
            }),
            t: hostTensor({ data: new Float32Array(count).fill(time), shape: [count, 1] }),
          });
          out.set(result.velocity!.data as Float32Array, first * dimension);
        }
        return out;
      };
    },
    close: () => session.close(),
  };
}

/**
 * The model as a plain ONNX file: `x` [batch, dimension] and `t` [batch, 1] to `velocity` [batch, dimension], weights
 * and standardisation inside. What one needs to start from the source is in the file's metadata.
 */
export function exportVelocity(
  config: NetworkConfig,
  dimension: number,
  standardisation: Standardisation,
  parameters: Parameters,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const model = toModel(velocityGraph(config, dimension, standardisation, parameters, 'baked'));
  const entries = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel({ ...model, metadataProps: entries });
}

function velocityGraph(
  config: NetworkConfig,
  dimension: number,
  { mean, scale }: Standardisation,
  parameters: Parameters,
  weights: 'baked' | 'inputs',
) {
  const network = velocityNetwork(config, dimension);
  const row = (values: Float64Array): Tensor => constant(Float32Array.from(values), [1, dimension]);
  return inferenceGraph({
    name: 'velocity',
    parameters: parameters as Record<string, { data: Float32Array; shape: readonly number[] }>,
    inputs: { x: float32('batch', dimension), t: float32('batch', 1) },
    weights,
    build: (given, { x, t }) => {
      const standardised = divide(subtract(x!, row(mean)), row(scale));
      return { velocity: multiply(network.apply(given, standardised, t!), row(scale)) };
    },
  });
}

function hostTensor({ data, shape }: NamedArray): HostTensor {
  return { type: 'float32', data, dims: shape };
}
