/** @file A graph that is built here, on one data file of weights for all that is opened of it. */
import { encodeModel, placeParts, type LazyWeight, type ModelProto } from '../../../native-models';
import type { Compute, GraphLevel, Session } from '../../contract/compute';
import type { BuiltGraph } from '../../models/checkpoint-graph';
import type { HookedModel } from './runs';

export interface BuiltModelOptions {
  compute: Compute;
  /** For errors. */
  name: string;
  /** The graph with hooks, by their ids, as outputs; without any with all weights. */
  graph: (outputs: readonly string[]) => BuiltGraph;
  /** The folder in which the data file of all its weights lies, written when it is first asked for. */
  folder: (all: readonly LazyWeight[]) => Promise<string>;
}

export function builtModel({ compute, name, graph, folder }: BuiltModelOptions): HookedModel {
  return {
    graph,
    async open(model: ModelProto, graphLevel: GraphLevel): Promise<Session> {
      const all = graph([]).weights;
      const placed = encodeModel(withPlaces(model, all));
      return compute.open(placed, { label: name, device: 'cpu', folder: await folder(all), graphLevel });
    },
  };
}

/** The model with its weights at the places that they have in the file of all of them. */
function withPlaces(model: ModelProto, all: readonly LazyWeight[]): ModelProto {
  const spans = placeParts(all);
  const places = new Map(all.map(({ name }, k) => [name, spans[k]!]));
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const place = places.get(tensor.name ?? '');
    if (tensor.dataLocation !== 1 || !place) return tensor;
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value ?? '';
    const externalData = Object.entries({ location, ...place }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    return { ...tensor, externalData };
  });
  return { ...model, graph: { ...model.graph, initializer } };
}
