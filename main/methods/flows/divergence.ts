/** @file The velocity with its divergence, for densities: one graph for the exact trace or for Hutchinson's estimate. */
import { float32, hutchinsonDivergence, stackedDivergence } from '../../../native-models';
import { floats } from '../../compute/run-rows';
import type { Compute } from '../../contract/compute';
import { fieldFeeds, fieldGraph, openField, type ModelShape, type Weights } from './model';
import { velocityNetwork, type NetworkConfig } from './network';

/** v and ∂·v at one time: [n, dimension] and [n]. */
export interface Divergent {
  velocity: Float32Array;
  divergence: Float32Array;
}

/** Rows that go through the graph at once: the exact trace multiplies them by the dimension. */
function batchOf(kind: 'exact' | 'hutchinson', dimension: number): number {
  const [most, numbers] = kind === 'exact' ? [256, 8192] : [1024, 262_144];
  return Math.max(1, Math.min(most, Math.floor(numbers / dimension)));
}

/** One session for all snapshots of a run. */
export async function openDivergence(
  compute: Compute,
  config: NetworkConfig,
  shape: ModelShape,
  kind: 'exact' | 'hutchinson',
) {
  const network = velocityNetwork(config, shape);
  const { dimension } = shape;
  const rows = batchOf(kind, dimension);
  const graph = fieldGraph('divergence', network, shape, rows, {
    further: kind === 'hutchinson' ? { probes: float32(rows, dimension) } : {},
    build(field, { x, t, probes, label }) {
      const velocity = field(x!, t!, label);
      const divergence = probes
        ? hutchinsonDivergence(velocity, x!, probes)
        : stackedDivergence(field, x!, t!, ...(label ? [label] : []));
      return { velocity, divergence };
    },
  });
  const session = await openField(compute, config, graph);
  return {
    /** In data units; `probes` [n, dimension] signs for the estimate, `labels` [n] where the network takes them. */
    at(parameters: Weights, { probes, labels }: { probes?: Float32Array; labels?: Int32Array } = {}) {
      const feeds = fieldFeeds(network, dimension, parameters);
      return async (time: number, points: Float32Array): Promise<Divergent> => {
        const count = points.length / dimension;
        const out = { velocity: new Float32Array(points.length), divergence: new Float32Array(count) };
        for (let first = 0; first < count; first += rows) {
          const used = Math.min(rows, count - first);
          const part = (from: Float32Array) => {
            // The graph has a fixed number of rows; what is missing repeats the origin and is not read.
            const data = new Float32Array(rows * dimension);
            data.set(from.subarray(first * dimension, (first + used) * dimension));
            return data;
          };
          const answer = await session.run({
            ...feeds(time, part(points), (row) => labels?.[first + row] ?? -1),
            ...(kind === 'hutchinson' ? { probes: floats(part(probes!), [rows, dimension]) } : {}),
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
