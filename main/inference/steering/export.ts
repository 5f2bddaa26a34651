/** @file A steered model as a model of its own, for programs that know nothing of steering: constant strength, no inputs more. */
import type { LazyWeight, ModelProto, SteeringPlan } from '../../../native-models';
import type { Steering } from '../../contract/steering';
import type { BuiltGraph } from '../../models/checkpoint-graph';
import { foldedUnits } from '../../steering/folding';
import { checkSteering } from '../../steering/map';
import { hasSupport } from '../../steering/support';
import { FoldingGraph } from './folding-graph';
import { planOf, strengthFeeds, type StrengthFeeds } from './strength';

export interface ExportedSteering {
  model: ModelProto;
  /** Of the data file beside it. */
  weights: LazyWeight[];
  /** Hooks whose maps are in the weights now. */
  folded: string[];
  /** Hooks whose operator stayed in the graph, and why, in words. */
  inside: { hook: string; reason: string }[];
}

/**
 * The model of a graph that is built here at fp32, steered at the strength of `steering`, with the inputs of the unsteered
 * one. Maps are folded into weights where they can be; a map with a support, one that leaves the first token as it is, and one
 * whose value others read as well, stay in the graph as operators. Weights are changed when they are written.
 * @throws the codes of `checkSteering`, `planOf` and `steeredPlaces`
 */
export function exportedSteering(
  build: (steering: SteeringPlan | null) => BuiltGraph,
  steering: Steering,
  location: string,
): ExportedSteering {
  const strengths = checkSteering(steering);
  const lambdas = new Map(steering.maps.map(({ hook }, index) => [hook, strengths[index]!]));
  const { hooks } = build(null);
  const wholePlan = planOf(steering, hooks);
  // Hooks and widths are judged as if everything stayed in the graph.
  build(wholePlan);
  const reasons = new Map<string, string>();
  for (const map of steering.maps) {
    if (hasSupport(map)) reasons.set(map.hook, 'it has a support, which weights cannot know');
    else if (!steering.first) reasons.set(map.hook, 'it leaves the first token of a text as it is');
  }
  for (;;) {
    const maps = steering.maps.filter(({ hook }) => reasons.has(hook));
    const inside: Steering = { ...steering, maps, lambda: maps.map(({ hook }) => lambdas.get(hook)!) };
    const plan = planOf(inside, hooks);
    const built = maps.length === 0 ? build(null) : build(plan);
    const graph = new FoldingGraph(built);
    const before = reasons.size;
    const folded: string[] = [];
    for (const map of steering.maps) {
      if (reasons.has(map.hook)) continue;
      const { value } = hooks.find(({ id }) => id === map.hook)!;
      const reason = graph.fold(value, foldedUnits(map, lambdas.get(map.hook)!));
      if (reason === null) folded.push(map.hook);
      else reasons.set(map.hook, reason);
    }
    // With another operator in it the graph is another one.
    if (reasons.size > before) continue;
    const { model, weights } = graph.result(location);
    const feeds = maps.length === 0 ? {} : strengthFeeds(inside, plan);
    return {
      ...{ model: withConstants(model, feeds), weights, folded },
      inside: [...reasons].map(([hook, reason]) => ({ hook, reason })),
    };
  }
}

/** The inputs of a steered graph as constants inside it. */
function withConstants(model: ModelProto, feeds: StrengthFeeds): ModelProto {
  const graph = model.graph ?? {};
  const constants = Object.entries(feeds).map(([name, { data, dims }]) => ({
    ...{ name, dims: [...dims], dataType: 1 },
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  return {
    ...model,
    graph: {
      ...graph,
      input: (graph.input ?? []).filter(({ name }) => !(name! in feeds)),
      initializer: [...(graph.initializer ?? []), ...constants],
    },
  };
}
