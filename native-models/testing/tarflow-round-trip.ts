/** @file A TarFlow with weights away from the identity, forward and back in one graph, for tests of the inverse. */
import type { HostArray } from '../evaluate/evaluate';
import type { Graph } from '../ir/graph';
import { elementCount, float32, int32, type Dim } from '../ir/types';
import { stream } from '../random/stream';
import { trace } from '../trace/trace';
import { tarflow, type Tarflow, type TarflowOptions } from '../zoo/tarflow';
import { tarflowInverse } from '../zoo/tarflow-inverse';
import { inPrecision } from './parity';

/** A graph of parameters, `images` and `labels` with the outputs `z`, `logDet` and `restored`. */
export function tarflowRoundTrip(
  options: TarflowOptions,
  dtype: 'float32' | 'float64',
  batch: Dim,
): { model: Tarflow; graph: Graph; parameters: Record<string, HostArray> } {
  const model = tarflow(options);
  const { channels, height, columns } = options;
  const types = { images: float32(batch, channels, height, columns), labels: int32(batch) };
  const graph = trace('roundTrip', inPrecision({ ...model.parameters, ...types }, dtype), (inputs) => {
    const { z, logDet } = model.forward(inputs, inputs.images!, inputs.labels);
    return { z, logDet, restored: tarflowInverse(model, inputs, z, inputs.labels) };
  });
  return { model, graph, parameters: farFromIdentity(model) };
}

/** Initial values, with output maps that are not 0: shifts and log-scales of a few tenths. */
export function farFromIdentity(model: Tarflow): Record<string, HostArray> {
  const initial = model.initialise(1);
  return Object.fromEntries(
    Object.entries(model.parameters).map(([name, { shape }]) => {
      const data = new Float32Array(elementCount(shape));
      if (!name.includes('proj_out')) data.set(initial[name]!);
      else
        stream(2, name)
          .normal(data)
          .forEach((value, at) => (data[at] = (0.5 * value) / Math.sqrt(model.options.width)));
      return [name, { data, shape: shape as readonly number[] }];
    }),
  );
}
