/**
 * @file The graph by which a language model reads and continues texts: one step, or a loop of several tokens in one run
 * with sampling inside, so that the caches do not cross into JavaScript and back for every token.
 *
 * | input | |
 * | --- | --- |
 * | `ids` int64 [batch, tokens] | new tokens of each text, padded on the right |
 * | `lengths` int32 [batch] | tokens of each text so far, the new ones included, less one |
 * | `total` int32 | the longest text's tokens so far |
 * | `rows` int64 [rows] | places in ids, read row by row, that logits are wanted for |
 * | `past_key_L`, `past_value_L` float32 [batch, heads, tokens, width] | caches |
 * | `settled_key_L`, `settled_value_L`, likewise | caches of the tokens before, or of none; where `canSettle` |
 *
 * Outputs: `logits` float32 [rows, vocabulary] of the last step, `present_key_L`, `present_value_L`. With a loop also the
 * inputs `steps` int64, `uniforms` float32 [steps, batch], `sampling` float32 [5] (temperature, top-k, top-p, min-p,
 * repetition penalty) and `seen` bool [batch, vocabulary], and the outputs `tokens` int64 and `log_probabilities` float32,
 * both [steps, batch]. With several steps `rows` names the last token of every text.
 */
import { externalTensors } from '../../../onnx/data-file';
import { GraphBuilder } from '../../../onnx/builder';
import type { ModelProto } from '../../../onnx/model';
import type { DecoderConfig } from '../config';
import { modelOf } from '../language-graph';
import type { LazyWeight, WeightSource } from '../weights';
import { canSettle, type CacheNames } from './attention';
import { decoderBody } from './decoder-body';
import type { NumericLevel } from './level';
import { sampleToken, type SamplerInputs } from './sampler';
import { vocabulary, type HeadKind, type Vocabulary } from './vocabulary';
import { WeightList } from './weight-list';

export interface GenerationGraphOptions {
  level: NumericLevel;
  head: HeadKind;
  /** Whether several tokens are made in one run; in fp32 it would hold the weights twice. */
  loop: boolean;
  /** The name of the file of weights as the model says it. */
  location: string;
}

export interface FastGraph {
  model: ModelProto;
  /** In the order of the file. */
  weights: readonly LazyWeight[];
  /** Whether values were rounded to 8 bits that the checkpoint has otherwise. */
  requantised: boolean;
}

/** Names of caches, layer by layer. */
export function cacheNames(kind: 'past' | 'present' | 'settled', layers: number): CacheNames[] {
  return Array.from({ length: layers }, (_, layer) => ({
    key: `${kind}_key_${layer}`,
    value: `${kind}_value_${layer}`,
  }));
}

/** `whyNotFast(config)` must be null. @throws `checkpoint-shape` */
export function generationGraph(
  config: DecoderConfig,
  source: WeightSource,
  options: GenerationGraphOptions,
): FastGraph {
  const weights = new WeightList(source);
  const graph = new GraphBuilder();
  const words = vocabulary(weights, config, options.level, options.head);
  graph.input('ids', 'int64', ['batch', 'tokens']);
  graph.input('lengths', 'int32', ['batch']);
  graph.input('total', 'int32', []);
  graph.input('rows', 'int64', ['rows']);
  const past = cacheNames('past', config.layers);
  for (const { key, value } of past) for (const name of [key, value]) cacheInput(graph, name, config, 'past');
  const settled = canSettle(config) ? cacheNames('settled', config.layers) : null;
  for (const { key, value } of settled ?? [])
    for (const name of [key, value]) cacheInput(graph, name, config, 'settled');
  if (options.loop) loopOutputs(graph, config, weights, options, words, past, settled);
  else {
    const step = decodingStep(graph, config, weights, options, words, {
      ids: 'ids',
      lengths: 'lengths',
      total: 'total',
      rows: 'rows',
      ...{ past, settled },
      present: cacheNames('present', config.layers),
    });
    graph.node('Identity', [step.logits], {}, { name: 'logits' });
    graph.output('logits', 'float32', ['rows', config.vocabulary]);
    step.present.forEach(({ key, value }) => {
      for (const name of [key, value]) cacheOutput(graph, name, config, 'present');
    });
  }
  const proto = graph.graph('generation');
  proto.initializer = [...(proto.initializer ?? []), ...externalTensors(weights.weights, options.location)];
  return { model: modelOf(proto), weights: weights.weights, requantised: weights.requantised };
}

interface StepInputs {
  ids: string;
  lengths: string;
  total: string;
  rows: string;
  past: readonly CacheNames[];
  settled: readonly CacheNames[] | null;
  present?: readonly CacheNames[];
}

function decodingStep(
  graph: GraphBuilder,
  config: DecoderConfig,
  weights: WeightList,
  { level }: GenerationGraphOptions,
  words: Vocabulary,
  inputs: StepInputs,
): { logits: string; present: CacheNames[] } {
  const embedded = words.embed(graph, inputs.ids);
  const { last, present } = decoderBody(graph, weights, config, level, { ...inputs, embedded });
  // The output map sees only the places asked for: of a prompt one of many.
  const [state, branch] = last.map((value) => graph.node('Gather', [value, inputs.rows], { axis: 0 }));
  const normed = graph.node(
    'SkipSimplifiedLayerNormalization',
    [state!, branch!, weights.vector(`${weights.root}norm.weight`, config.width)],
    { epsilon: { float: config.epsilon } },
    { domain: 'com.microsoft' },
  );
  return { logits: words.logits(graph, normed), present };
}

function loopOutputs(
  graph: GraphBuilder,
  config: DecoderConfig,
  weights: WeightList,
  options: GenerationGraphOptions,
  words: Vocabulary,
  past: readonly CacheNames[],
  settled: readonly CacheNames[] | null,
): void {
  graph.input('steps', 'int64', []);
  graph.input('uniforms', 'float32', ['steps', 'batch']);
  graph.input('sampling', 'float32', [5]);
  graph.input('seen', 'bool', ['batch', config.vocabulary]);
  const setting = (index: number) => graph.node('Gather', ['sampling', graph.constant('int64', [index])]);
  const [temperature, topK, topP, minP, repetitionPenalty] = [0, 1, 2, 3, 4].map(setting);
  const settings = { temperature, topK, topP, minP, repetitionPenalty } as SamplerInputs;
  const batch = graph.node('Squeeze', [graph.node('Shape', ['lengths']), graph.constant('int64', [0], [1])]);
  const nextRows = graph.node('Range', [graph.constant('int64', [0]), batch, graph.constant('int64', [1])]);
  const body = loopBody(config, weights, options, words, settings, nextRows, settled);
  const carried = past.flatMap(({ key, value }) => [key, value]);
  const present = cacheNames('present', config.layers).flatMap(({ key, value }) => [key, value]);
  graph.nodeOf(
    'Loop',
    [
      'steps',
      graph.constant('bool', [1]),
      'ids',
      'lengths',
      'total',
      'rows',
      'seen',
      graph.constant('float32', [0], [1, 1]),
      ...carried,
    ],
    [null, null, null, null, null, 'logits', ...present, 'tokens', 'log_probabilities'],
    { body: body.graph('step') },
  );
  graph.output('logits', 'float32', ['rows', config.vocabulary]);
  graph.output('tokens', 'int64', ['steps', 'batch']);
  graph.output('log_probabilities', 'float32', ['steps', 'batch']);
  for (const name of present) cacheOutput(graph, name, config, 'present');
}

/** One token: the step, a token drawn, and what the next step reads. Weights are those of the graph around it. */
function loopBody(
  config: DecoderConfig,
  weights: WeightList,
  options: GenerationGraphOptions,
  words: Vocabulary,
  settings: SamplerInputs,
  nextRows: string,
  settled: readonly CacheNames[] | null,
): GraphBuilder {
  const body = new GraphBuilder('step');
  const own = cacheNames('past', config.layers).map(({ key, value }) => ({
    key: `in_${key}`,
    value: `in_${value}`,
  }));
  body.input('iteration', 'int64', []);
  body.input('going_on', 'bool', []);
  body.input('in_ids', 'int64', ['batch', 'tokens_now']);
  body.input('in_lengths', 'int32', ['batch']);
  body.input('in_total', 'int32', []);
  body.input('in_rows', 'int64', ['rows_now']);
  body.input('in_seen', 'bool', ['batch', config.vocabulary]);
  body.input('in_logits', 'float32', ['rows_before', 'vocabulary_before']);
  for (const { key, value } of own)
    for (const name of [key, value]) cacheInput(body, name, config, 'past_now');
  const step = decodingStep(body, config, weights, options, words, {
    ids: 'in_ids',
    lengths: 'in_lengths',
    total: 'in_total',
    rows: 'in_rows',
    past: own,
    settled,
  });
  const uniform = body.node('Gather', ['uniforms', 'iteration'], { axis: 0 });
  const { token, logProbability } = sampleToken(
    body,
    step.logits,
    config.vocabulary,
    'in_seen',
    uniform,
    settings,
  );
  const last = body.constant('int64', [1], [1]);
  const ids = body.node('Unsqueeze', [token, last]);
  const one = body.constant('int32', [1]);
  const ones = body.node('Equal', [ids, ids]);
  body.output(body.node('Identity', ['going_on']), 'bool', []);
  body.output(ids, 'int64', ['batch', 1]);
  body.output(body.node('Add', ['in_lengths', one]), 'int32', ['batch']);
  body.output(body.node('Add', ['in_total', one]), 'int32', []);
  body.output(body.node('Identity', [nextRows]), 'int64', ['batch']);
  body.output(body.node('ScatterElements', ['in_seen', ids, ones], { axis: 1 }), 'bool', [
    'batch',
    config.vocabulary,
  ]);
  body.output(body.node('Identity', [step.logits]), 'float32', ['rows_now', config.vocabulary]);
  for (const { key, value } of step.present)
    for (const name of [key, value]) cacheOutput(body, name, config, 'present_now');
  body.output(token, 'int64', ['batch']);
  body.output(logProbability, 'float32', ['batch']);
  return body;
}

function cacheInput(
  graph: GraphBuilder,
  name: string,
  { kvHeads, headWidth }: DecoderConfig,
  tokens: string,
): void {
  graph.input(name, 'float32', ['batch', kvHeads, tokens, headWidth]);
}

function cacheOutput(
  graph: GraphBuilder,
  name: string,
  { kvHeads, headWidth }: DecoderConfig,
  tokens: string,
): void {
  graph.output(name, 'float32', ['batch', kvHeads, tokens, headWidth]);
}
