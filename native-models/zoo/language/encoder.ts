/** @file An encoder of texts or images as an ONNX graph in which every step that has a role is a named value. */
import { GraphBuilder } from '../../onnx/builder';
import type { ModelProto } from '../../onnx/model';
import { attention } from './attention';
import type { HookPoint, HookRole } from './config';
import type { EncoderConfig, SentencePooling } from './encoder-config';
import { encoderWeights, type EncoderWeights } from './encoder-weights';
import { linear, norm, perceptron } from './graph-parts';
import { hookById, modelOf, nothingAsked, withWeights, type GraphValue } from './language-graph';
import { insideOutput, tapSteering } from './steering/taps';
import { steeringInputs, type SteeringPlan } from './steering/plan';
import { paddingMask, places } from './positions';
import { poolStates } from './sentence-pooling';
import { WeightBook } from './weight-book';
import type { LazyWeight, WeightSource } from './weights';

export interface EncoderGraphOptions {
  /** Ids of hooks that become outputs, in this order. */
  outputs?: readonly string[];
  /** Output `states`, the last states as transformers gives them, [batch, tokens, width]; default true. */
  states?: boolean;
  /** Output `embedding`, [batch, width], one vector a text. */
  pooling?: SentencePooling | null;
  /** Output `pooled`, [batch, width]: tanh of a map of the first token, as BERT and ViT have it. */
  pooler?: boolean;
  /** Output `logits`, [batch, classes], of a ViT with a classifier. */
  logits?: boolean;
  /** An input token_type_ids; default false: all texts are of type 0. */
  tokenTypes?: boolean;
  /** Name of the data file beside the model; default model.weights. */
  location?: string;
  /** What is steered, by the inputs of steering/plan.ts; an image has no first token to leave out. */
  steering?: SteeringPlan | null;
}

export interface EncoderGraph {
  model: ModelProto;
  weights: LazyWeight[];
  hooks: HookPoint[];
  inputs: GraphValue[];
  outputs: GraphValue[];
}

/**
 * Inputs of texts: `input_ids` and `attention_mask` int64 [batch, tokens], padding on either side; of images: `pixels`
 * float32 [batch, channels, height, width], already normalised. Tokens of an image are its class token and its patches,
 * row by row.
 *
 * BERT's norms belong to the sums: `resid_mid` is the sum behind the attention, `norm_mlp_in` its norm, which the perceptron
 * reads and which goes on, and `resid_post` the norm of the sum behind the perceptron, as in transformers' hidden states.
 * @throws `checkpoint-shape`, `hook-unknown`, `graph-empty`, the codes of `steeredPlaces`
 */
export function encoderGraph(
  config: EncoderConfig,
  source: WeightSource,
  options: EncoderGraphOptions = {},
): EncoderGraph {
  const { states = true, pooling = null, pooler = false, location = 'model.weights' } = options;
  const { steering = null } = options;
  const book = new WeightBook(source);
  const builder = new GraphBuilder();
  const names = encoderWeights(config, book);
  const inputs = inputsOf(config, options.tokenTypes === true);
  for (const { name, element, shape } of inputs) builder.input(name, element, shape);
  const { width } = config;
  const tokens = config.image ? patchesOf(config.image) + 1 : 'tokens';
  const hooks: HookPoint[] = [];
  const hook: AddHook = (role, layer, value, shape = [width]) =>
    hooks.push({ id: layer === null ? role : `${role}:${layer}`, role, layer, value, shape });

  const where =
    config.text && builder.scope('positions', () => places(builder, 'input_ids', 'attention_mask'));
  const mask = where && builder.scope('positions', () => paddingMask(builder, where));
  // Which value a hook is shows once the graph is built, and a tap must be there before.
  const count = steering
    ? tapSteering(builder, steering, encoderGraph(config, source, {}).hooks, where)
    : () => undefined;
  let state = where
    ? embedText(config, builder, names, where.now, options.tokenTypes === true)
    : embedImage(config, builder, names);
  hook('embed', null, 'embed');
  for (let layer = 0; layer < config.layers; layer += 1)
    state = builder.scope(`blocks.${layer}`, () =>
      block({ config, builder, names, layer, mask, tokens }, state, hook),
    );
  if (config.norms === 'before') {
    state = norm(builder, state, names.norm('layernorm'), config.epsilon, 'norm_final');
    hook('norm_final', null, state);
  }

  count();

  const outputs: GraphValue[] = [];
  const output = (name: string, shape: readonly (number | string)[]) => {
    if (outputs.some((value) => value.name === name)) return;
    outputs.push({ name, element: 'float32', shape });
  };
  if (states) {
    builder.node('Identity', [state], {}, { name: 'states' });
    output('states', ['batch', tokens, width]);
  }
  if (pooling) {
    poolStates(builder, state, where, pooling, 'embedding');
    output('embedding', ['batch', width]);
  }
  const first = () => builder.node('Gather', [state, builder.constant('int64', [0])], { axis: 1 });
  if (pooler) {
    const dense = {
      weight: names.body('pooler.dense.weight', [width, width]),
      bias: names.body('pooler.dense.bias', [width]),
    };
    const token = where ? poolStates(builder, state, where, { kind: 'cls', normalise: false }) : first();
    builder.node('Tanh', [linear(builder, token, dense)], {}, { name: 'pooled' });
    output('pooled', ['batch', width]);
  }
  if (options.logits === true) {
    const classes = source.has('classifier.weight')
      ? source.shape('classifier.weight')[0]!
      : config.labels.length;
    linear(builder, first(), names.linear('classifier', classes, width), 'logits');
    output('logits', ['batch', classes]);
  }
  for (const id of options.outputs ?? []) {
    const { role, value, shape } = hookById(hooks, id);
    output(value, ['batch', ...(role === 'pattern' ? [] : [tokens]), ...shape]);
  }
  if (steering?.counted === true && steering.hooks.some(({ support }) => support))
    output(insideOutput, ['hooks', 'batch']);
  if (outputs.length === 0) throw nothingAsked('states, an embedding, or hooks as outputs');
  for (const { name, element, shape } of outputs) builder.output(name, element, shape);
  const { graph, weights } = withWeights(builder, book, location);
  return {
    ...{ model: modelOf(graph), weights, hooks, outputs },
    inputs: [...inputs, ...(steering ? steeringInputs(steering) : [])],
  };
}

type AddHook = (
  role: HookRole,
  layer: number | null,
  value: string,
  shape?: readonly (number | string)[],
) => void;

interface BlockPlace {
  config: EncoderConfig;
  builder: GraphBuilder;
  names: EncoderWeights;
  layer: number;
  mask: string | null;
  tokens: number | string;
}

function block(
  { config, builder, names, layer, mask, tokens }: BlockPlace,
  state: string,
  hook: AddHook,
): string {
  const { heads, headWidth, hidden, epsilon, norms } = config;
  const weights = names.block(layer);
  const named = (role: HookRole) => `blocks.${layer}.${role}`;
  const add = (role: HookRole, value: string, shape?: readonly (number | string)[]) =>
    hook(role, layer, value, shape);
  add('resid_pre', state);
  let input = state;
  if (weights.attentionIn) {
    input = norm(builder, state, weights.attentionIn, epsilon, named('norm_attn_in'));
    add('norm_attn_in', input);
  }
  for (const role of ['q', 'k', 'v'] as const) add(role, named(role), [heads, headWidth]);
  add('pattern', named('pattern'), [heads, tokens, tokens]);
  const mixed = attention(
    builder,
    {
      heads,
      kvHeads: heads,
      headWidth,
      attentionScale: headWidth ** -0.5,
      attentionCap: null,
      queryKeyNorm: null,
      epsilon,
    },
    weights,
    input,
    { mask, rotary: null, cache: null },
    {
      query: named('q'),
      key: named('k'),
      value: named('v'),
      pattern: named('pattern'),
      out: named('attn_out'),
    },
  );
  add('attn_out', mixed);
  const between = builder.node('Add', [state, mixed], {}, { name: named('resid_mid') });
  add('resid_mid', between);
  const gains = weights.attentionOut ?? weights.mlpIn!;
  const read = norm(builder, between, gains, epsilon, named('norm_mlp_in'));
  add('norm_mlp_in', read);
  add('mlp_gate', named('mlp_gate'), [hidden]);
  add('mlp_act', named('mlp_act'), [hidden]);
  const out = perceptron(builder, read, weights, config.mlp, {
    gate: named('mlp_gate'),
    act: named('mlp_act'),
    out: named('mlp_out'),
  });
  add('mlp_out', out);
  add('resid_post', named('resid_post'));
  if (norms === 'before') return builder.node('Add', [between, out], {}, { name: named('resid_post') });
  return norm(builder, builder.node('Add', [read, out]), weights.mlpOut!, epsilon, named('resid_post'));
}

/** Words, positions and types together, and their norm. */
function embedText(
  { text, width, epsilon }: EncoderConfig,
  builder: GraphBuilder,
  names: EncoderWeights,
  positions: string,
  tokenTypes: boolean,
): string {
  const { vocabulary, context, types } = text!;
  const table = (name: string, rows: number) =>
    names.body(`embeddings.${name}_embeddings.weight`, [rows, width]);
  const rows = (from: string, ids: string, name?: string) =>
    builder.node('Gather', [from, ids], { axis: 0 }, name === undefined ? {} : { name });
  const words = rows(table('word', vocabulary), 'input_ids', 'embed');
  const type = rows(
    table('token_type', types),
    tokenTypes ? 'token_type_ids' : builder.constant('int64', [0]),
  );
  const placed = builder.node('Add', [words, rows(table('position', context), positions)]);
  const sum = builder.node('Add', [placed, type]);
  return norm(builder, sum, names.norm('embeddings.LayerNorm'), epsilon, 'blocks.0.resid_pre');
}

/** A map of every patch, the class token before them, and positions. */
function embedImage({ image, width }: EncoderConfig, builder: GraphBuilder, names: EncoderWeights): string {
  const { patchHeight, patchWidth, channels } = image!;
  const count = patchesOf(image!);
  const shape = (...sizes: number[]) => builder.constant('int64', sizes, [sizes.length]);
  const patches = 'embeddings.patch_embeddings.projection';
  const map = names.body(`${patches}.weight`, [width, channels, patchHeight, patchWidth]);
  const grid = builder.node('Conv', ['pixels', map, names.body(`${patches}.bias`, [width])], {
    kernel_shape: [patchHeight, patchWidth],
    strides: [patchHeight, patchWidth],
  });
  const rows = builder.node('Transpose', [builder.node('Reshape', [grid, shape(0, width, count)])], {
    perm: [0, 2, 1],
  });
  const batch = builder.node('Shape', ['pixels'], { start: 0, end: 1 });
  const one = builder.node('Expand', [
    names.body('embeddings.cls_token', [1, 1, width]),
    builder.node('Concat', [batch, shape(1, width)], { axis: 0 }),
  ]);
  const tokens = builder.node('Concat', [one, rows], { axis: 1 }, { name: 'embed' });
  const positions = names.body('embeddings.position_embeddings', [1, count + 1, width]);
  return builder.node('Add', [tokens, positions], {}, { name: 'blocks.0.resid_pre' });
}

function patchesOf({ height, width, patchHeight, patchWidth }: NonNullable<EncoderConfig['image']>): number {
  return Math.floor(height / patchHeight) * Math.floor(width / patchWidth);
}

function inputsOf({ image }: EncoderConfig, tokenTypes: boolean): GraphValue[] {
  if (image)
    return [
      { name: 'pixels', element: 'float32', shape: ['batch', image.channels, image.height, image.width] },
    ];
  const names = ['input_ids', 'attention_mask', ...(tokenTypes ? ['token_type_ids'] : [])];
  return names.map((name) => ({ name, element: 'int64', shape: ['batch', 'tokens'] }));
}
