/** @file The velocity with its divergence, for densities: one graph for the exact trace or for Hutchinson's estimate. */
import { float32, hutchinsonDivergence, stackedDivergence, toOnnx } from '../../../native-models';
import { floats } from '../../compute/run-rows';
import type { Compute } from '../../contract/compute';
import { fieldGraph, timeAndLabels, weightFeeds, type Parameters } from './model';
import { velocityNetwork, type FlowShape, type NetworkConfig } from './network';
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

/** Rows that go through the graph at once: the exact trace multiplies them by the dimension. */
function batchOf(kind: 'exact' | 'hutchinson', dimension: number): number {
  return kind === 'exact'
    ? Math.max(1, Math.min(256, Math.floor(8192 / dimension)))
    : Math.max(1, Math.min(1024, Math.floor(262_144 / dimension)));
}

/** One session for all snapshots of a run. */
export async function openDivergence(
  compute: Compute,
  config: NetworkConfig,
  shape: FlowShape,
  standardisation: Standardisation,
  kind: 'exact' | 'hutchinson',
): Promise<DivergenceModel> {
  const network = velocityNetwork(config, shape);
  const { dimension } = shape;
  const rows = batchOf(kind, dimension);
  const graph = fieldGraph('divergence', network, dimension, standardisation, rows, {
    further: kind === 'hutchinson' ? { probes: float32(rows, dimension) } : {},
    build(field, { x, t, probes, label }) {
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
      const weights = weightFeeds(network, parameters);
      return async (time, points) => {
        const count = points.length / dimension;
        const out: Divergent = {
          velocity: new Float32Array(points.length),
          divergence: new Float32Array(count),
        };
        for (let first = 0; first < count; first += rows) {
          const used = Math.min(rows, count - first);
          const part = (from: Float32Array) => {
            // The graph has a fixed number of rows; what is missing repeats the origin and is not read.
            const data = new Float32Array(rows * dimension);
            data.set(from.subarray(first * dimension, (first + used) * dimension));
            return floats(data, [rows, dimension]);
          };
          const answer = await session.run({
            ...weights,
            x: part(points),
            ...timeAndLabels(network, rows, time, (row) => labels?.[first + row] ?? -1),
            ...(kind === 'hutchinson' ? { probes: part(probes!) } : {}),
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
