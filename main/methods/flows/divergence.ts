/** @file The velocity with its divergence, for densities: one graph for the exact trace or for Hutchinson's estimate. */
import {
  constant,
  divide,
  float32,
  hutchinsonDivergence,
  inferenceGraph,
  int32,
  multiply,
  stackedDivergence,
  subtract,
  toOnnx,
  type Tensor,
} from '../../../native-models';
import type { Compute, HostTensor } from '../../contract/compute';
import { velocityNetwork, type NetworkConfig, type Parameters } from './model';
import type { Standardisation } from './points/standardise';

/** v and ∂·v at one time: [n, dimension] and [n]. */
export interface Divergent {
  velocity: Float32Array;
  divergence: Float32Array;
}

export interface DivergenceModel {
  /** In data units; `probes` [n, dimension] signs for the estimate, `labels` [n] where the network takes them. */
  at(
    parameters: Parameters,
    given?: { probes?: Float32Array; labels?: Int32Array },
  ): (time: number, points: Float32Array) => Promise<Divergent>;
  close(): Promise<void>;
}

type NetworkShape = NonNullable<globalThis.Parameters<typeof velocityNetwork>[1]>;

/** A velocity network, with or without labels. */
interface Network {
  parameters: ReturnType<typeof velocityNetwork>['parameters'];
  classes?: number;
  apply(parameters: Record<string, Tensor>, x: Tensor, t: Tensor, labels?: Tensor): Tensor;
}

/** Rows that go through the graph at once: the exact trace multiplies them by the dimension. */
function batchOf(kind: 'exact' | 'hutchinson', dimension: number): number {
  return kind === 'exact'
    ? Math.max(1, Math.min(256, Math.floor(8192 / dimension)))
    : Math.max(1, Math.min(1024, Math.floor(262_144 / dimension)));
}

/** One session for all snapshots of a run. `shape` is what `velocityNetwork` takes. */
export async function openDivergence(
  compute: Compute,
  config: NetworkConfig,
  shape: NetworkShape,
  { mean, scale }: Standardisation,
  kind: 'exact' | 'hutchinson',
): Promise<DivergenceModel> {
  const network: Network = velocityNetwork(config, shape);
  const { classes = 0 } = network;
  const dimension = mean.length;
  const rows = batchOf(kind, dimension);
  const row = (values: Float64Array): Tensor => constant(Float32Array.from(values), [1, dimension]);
  const graph = inferenceGraph({
    name: 'divergence',
    parameters: Object.fromEntries(
      Object.entries(network.parameters).map(([name, type]) => [
        name,
        { data: new Float32Array(0), shape: type.shape as readonly number[] },
      ]),
    ),
    inputs: {
      x: float32(rows, dimension),
      t: float32(rows, 1),
      ...(kind === 'hutchinson' ? { probes: float32(rows, dimension) } : {}),
      ...(classes > 0 ? { label: int32(rows) } : {}),
    },
    weights: 'inputs',
    build(given, { x, t, probes, label }) {
      const field = (at: Tensor, time: Tensor, told?: Tensor) =>
        multiply(network.apply(given, divide(subtract(at, row(mean)), row(scale)), time, told), row(scale));
      const velocity = field(x!, t!, label);
      const divergence = probes
        ? hutchinsonDivergence(velocity, x!, probes)
        : stackedDivergence(field, x!, t!, ...(label ? [label] : []));
      return { velocity, divergence };
    },
  });
  const target = config.device === 'webgpu' ? 'webgpu' : 'cpu';
  const session = await compute.open(toOnnx(graph, { target }), {
    device: config.device,
    label: 'divergence',
  });
  return {
    at: (parameters, { probes, labels } = {}) => {
      const weights = Object.fromEntries(
        Object.keys(network.parameters).map((name) => {
          const { data, shape: dims } = parameters[name]!;
          return [name, { type: 'float32', data, dims }];
        }),
      );
      return async (time, points) => {
        const count = points.length / dimension;
        const out: Divergent = {
          velocity: new Float32Array(points.length),
          divergence: new Float32Array(count),
        };
        for (let first = 0; first < count; first += rows) {
          const used = Math.min(rows, count - first);
          const part = (from: Float32Array): HostTensor => {
            // The graph has a fixed number of rows; what is missing repeats the origin and is not read.
            const data = new Float32Array(rows * dimension);
            data.set(from.subarray(first * dimension, (first + used) * dimension));
            return { type: 'float32', data, dims: [rows, dimension] };
          };
          const told = Int32Array.from({ length: rows }, (_, k) => {
            const code = labels?.[first + k] ?? -1;
            return code < 0 ? classes : code;
          });
          const answer = await session.run({
            ...weights,
            x: part(points),
            t: { type: 'float32', data: new Float32Array(rows).fill(time), dims: [rows, 1] },
            ...(kind === 'hutchinson' ? { probes: part(probes!) } : {}),
            ...(classes > 0 ? { label: { type: 'int32', data: told, dims: [rows] } } : {}),
          });
          const velocity = answer.velocity!.data as Float32Array;
          out.velocity.set(velocity.subarray(0, used * dimension), first * dimension);
          out.divergence.set((answer.divergence!.data as Float32Array).subarray(0, used), first);
        }
        return out;
      };
    },
    close: () => session.close(),
  };
}
