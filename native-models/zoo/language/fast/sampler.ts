/**
 * @file Sampling inside a graph, from the 64 best tokens: repetition penalty, temperature, top-k, top-p and min-p in this
 * order, and one random number a token that is an input, so that the same numbers can be given to two models.
 */
import { GraphBuilder } from '../../../onnx/builder';

/** The most candidates that sampling inside a graph looks at. */
export const MOST_CANDIDATES = 64;

/** Settings as values of the graph: float32 scalars. */
export interface SamplerInputs {
  temperature: string;
  topK: string;
  topP: string;
  minP: string;
  repetitionPenalty: string;
}

export interface SampledToken {
  /** int64 [batch]. */
  token: string;
  /** log p of the token under the model itself, without penalty and temperature: float32 [batch]. */
  logProbability: string;
}

/**
 * A token of each row of logits [batch, vocabulary]: the first whose probabilities, summed from the likeliest on, exceed
 * `uniform` [batch]. `seen` bool [batch, vocabulary] says which tokens are penalised.
 */
export function sampleToken(
  graph: GraphBuilder,
  logits: string,
  vocabularySize: number,
  seen: string,
  uniform: string,
  settings: SamplerInputs,
): SampledToken {
  const count = Math.min(MOST_CANDIDATES, vocabularySize);
  const axis = graph.constant('int64', [-1], [1]);
  const penalised = penalise(graph, logits, seen, settings.repetitionPenalty);
  const [best, ids] = graph.nodeOf('TopK', [penalised, graph.constant('int64', [count], [1])], [null, null], {
    axis: -1,
  });
  const first = graph.node('Slice', [
    best!,
    graph.constant('int64', [0], [1]),
    graph.constant('int64', [1], [1]),
    axis,
  ]);
  const scaled = graph.node('Div', [graph.node('Sub', [best!, first]), settings.temperature]);
  const ranks = graph.constant(
    'float32',
    Array.from({ length: count }, (_, rank) => rank),
    [1, count],
  );
  const inTopK = graph.node('Cast', [graph.node('Less', [ranks, settings.topK])], { to: 1 });
  const weights = graph.node('Mul', [graph.node('Exp', [scaled]), inTopK]);
  const sum = graph.node('ReduceSum', [weights, axis]);
  const probabilities = graph.node('Div', [weights, sum]);
  const before = graph.node('CumSum', [probabilities, graph.constant('int64', [1])], { exclusive: 1 });
  const inTopP = graph.node('Less', [before, settings.topP]);
  // The likeliest has weight 1.
  const inMinP = graph.node('GreaterOrEqual', [weights, settings.minP]);
  const kept = graph.node('Cast', [graph.node('And', [inTopP, inMinP])], { to: 1 });
  const sums = graph.node('CumSum', [graph.node('Mul', [weights, kept]), graph.constant('int64', [1])]);
  const total = graph.node('Slice', [
    sums,
    graph.constant('int64', [count - 1], [1]),
    graph.constant('int64', [count], [1]),
    axis,
  ]);
  const threshold = graph.node('Mul', [graph.node('Unsqueeze', [uniform, axis]), total]);
  const passed = graph.node('Cast', [graph.node('LessOrEqual', [sums, threshold])], { to: 7 });
  const place = graph.node('ReduceSum', [passed, axis]);
  const token = graph.node('GatherElements', [ids!, place], { axis: 1 });
  const logit = graph.node('GatherElements', [logits, token], { axis: 1 });
  const logProbability = graph.node('Sub', [logit, logSumExp(graph, logits, vocabularySize)]);
  return {
    token: graph.node('Squeeze', [token, axis]),
    logProbability: graph.node('Squeeze', [logProbability, axis]),
  };
}

/** Logits of seen tokens divided by the penalty where positive, multiplied where negative; as they are where it is 1. */
function penalise(graph: GraphBuilder, logits: string, seen: string, penalty: string): string {
  const changed = new GraphBuilder('penalised');
  const isPositive = changed.node('Greater', [logits, changed.constant('float32', [0])]);
  const factor = changed.node('Where', [isPositive, changed.node('Reciprocal', [penalty]), penalty]);
  const scaled = changed.node('Where', [seen, changed.node('Mul', [logits, factor]), logits]);
  changed.output(scaled, 'float32', ['rows', 'vocabulary']);
  const same = new GraphBuilder('unpenalised');
  same.output(same.node('Identity', [logits]), 'float32', ['rows', 'vocabulary']);
  const on = graph.node('Not', [graph.node('Equal', [penalty, graph.constant('float32', [1])])]);
  return graph.node('If', [on], {
    then_branch: changed.graph('penalised'),
    else_branch: same.graph('unpenalised'),
  });
}

/** Summed in two steps, as the runtime adds in order in single precision. [batch, 1]. */
function logSumExp(graph: GraphBuilder, logits: string, size: number): string {
  const axis = graph.constant('int64', [-1], [1]);
  const most = graph.node('ReduceMax', [logits, axis]);
  const powers = graph.node('Exp', [graph.node('Sub', [logits, most])]);
  let groups = 1;
  for (let divisor = 2; divisor <= 512; divisor++) if (size % divisor === 0) groups = divisor;
  const split = graph.node('Reshape', [powers, graph.constant('int64', [-1, groups, size / groups])]);
  const parts = graph.node('ReduceSum', [split, axis], { keepdims: 0 });
  return graph.node('Add', [graph.node('Log', [graph.node('ReduceSum', [parts, axis])]), most]);
}
