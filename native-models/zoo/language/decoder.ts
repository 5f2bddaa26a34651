/** @file A decoder as an ONNX graph from its description and weights, in which every step that has a role is a named value. */
import { GraphBuilder } from '../../onnx/builder';
import type { ModelProto } from '../../onnx/model';
import { attention } from './attention';
import type { DecoderConfig, HookPoint, HookRole } from './config';
import { decoderWeights, type BlockWeights } from './decoder-weights';
import { inputsOf, outputsOf } from './decoder-io';
import type { NumericLevel } from './fast/level';
import { norm, perceptron, softCap, type Activation, type LinearMaps } from './graph-parts';
import { hookById, modelOf, nothingAsked, withWeights, type GraphValue } from './language-graph';
import { linearMaps } from './linear-maps';
import { insideOutput, tapSteering } from './steering/taps';
import { steeringInputs, type SteeringPlan } from './steering/plan';
import { places, rotaryTables, scoreMask, type Places, type RotaryTables } from './positions';
import { WeightBook } from './weight-book';
import type { LazyWeight, WeightSource } from './weights';

export interface DecoderGraphOptions {
  /** Default fp32. At `4-bit-0` linear maps are computed from the checkpoint's own 4-bit integers where it has such. */
  level?: NumericLevel;
  /** Inputs past.{layer}.key and .value, outputs present.{layer}.key and .value; default false. */
  caches?: boolean;
  /** Ids of hooks that become outputs, in this order. */
  outputs?: readonly string[];
  /** Logits of every token, of each row's last token that is no padding ([batch, 1, vocabulary]), or none; default all. */
  logits?: 'all' | 'last' | 'none';
  /** Name of the data file beside the model; default model.weights. */
  location?: string;
  /** What is steered, by the inputs of steering/plan.ts; hooks that become outputs are given as they are after it. */
  steering?: SteeringPlan | null;
}

export interface DecoderGraph {
  /** Its weights are initialisers in the data file, in the order of `weights`. */
  model: ModelProto;
  weights: LazyWeight[];
  /** All hooks that this decoder has, in the order in which they are computed, whether they are outputs or not. */
  hooks: HookPoint[];
  inputs: GraphValue[];
  outputs: GraphValue[];
}

/**
 * Inputs: `input_ids` int64 [batch, tokens], `attention_mask` int64 [batch, seen] of 0 and 1, padding on either side, where
 * seen = past + tokens; with caches `past.{layer}.key`, `.value` float32 [batch, kvHeads, past, headWidth], which may be 0
 * long. Outputs: `logits`, then the hooks asked for under the names of their values, then the caches.
 *
 * `resid_pre` of a layer is `resid_post` of the layer before. Families whose blocks lack a step lack its hook: OLMo 2 has no
 * norm before a branch, GPT-NeoX no state between its branches, a perceptron without gate has as `mlp_gate` what goes into
 * its activation. `attn_out` and `mlp_out` are what is added to the state, after a norm behind the branch.
 * @throws `checkpoint-shape`, `hook-unknown`, `graph-empty` where nothing is asked for, `level-not-exact` for `4-bit-4`, the
 *   codes of `steeredPlaces`
 */
export function decoderGraph(
  config: DecoderConfig,
  source: WeightSource,
  options: DecoderGraphOptions = {},
): DecoderGraph {
  const book = new WeightBook(source);
  const builder = new GraphBuilder();
  const { caches = false, logits = 'all', location = 'model.weights', level = 'fp32' } = options;
  const { steering = null } = options;
  const map = linearMaps(builder, book, level);
  // Which value a hook is shows once the graph is built, and a tap must be there before.
  const tap: Tap = steering
    ? (
        (hooks) => (where) =>
          tapSteering(builder, steering, hooks, where)
      )(decoderGraph(config, source, { caches }).hooks)
    : () => () => undefined;
  const hooks = buildDecoder({ config, builder, caches, map }, book, logits, tap);
  const asked = (options.outputs ?? []).map((id) => hookById(hooks, id));
  const outputs = outputsOf(config, asked, caches, logits);
  if (steering?.counted === true && steering.hooks.some(({ support }) => support))
    outputs.push({ name: insideOutput, element: 'float32', shape: ['hooks', 'batch'] });
  if (outputs.length === 0) throw nothingAsked('logits, or hooks as outputs');
  for (const { name, element, shape } of outputs) builder.output(name, element, shape);
  const { graph, weights } = withWeights(builder, book, location);
  const inputs = [...inputsOf(config, caches), ...(steering ? steeringInputs(steering) : [])];
  return { model: modelOf(graph), weights, hooks, inputs, outputs };
}

/** Puts changes in the way of values, and ends with what they count. */
type Tap = (where: Places) => () => void;

/** Builds everything; what is not asked for is pruned later. */
function buildDecoder(
  building: Building,
  book: WeightBook,
  logits: 'all' | 'last' | 'none',
  tap: Tap,
): HookPoint[] {
  const { config, builder, caches, map } = building;
  const names = decoderWeights(config, book);
  for (const { name, element, shape } of inputsOf(config, caches)) builder.input(name, element, shape);
  const hooks: HookPoint[] = [];
  const hook = (
    role: HookRole,
    layer: number | null,
    value: string,
    shape: readonly (number | string)[] = [config.width],
  ) => hooks.push({ id: layer === null ? role : `${role}:${layer}`, role, layer, value, shape });

  const where = builder.scope('positions', () => places(builder, 'input_ids', 'attention_mask'));
  const count = tap(where);
  let state = embed(config, builder, names.embedding);
  hook('embed', null, 'embed');
  if (names.positions !== null) {
    const learned = builder.node('Gather', [names.positions, where.now], { axis: 0 });
    state = builder.node('Add', [state, learned], {}, { name: 'blocks.0.resid_pre' });
  }
  const shared = sharedTables(config, builder, where);
  for (let layer = 0; layer < config.layers; layer += 1) {
    const weights = names.block(layer);
    const tables = shared(layer);
    state = builder.scope(`blocks.${layer}`, () =>
      block({ ...building, weights, layer, ...tables }, state, (role, value, shape) =>
        hook(role, layer, value, shape),
      ),
    );
  }
  const last = norm(builder, state, names.norm(), config.epsilon, 'norm_final');
  hook('norm_final', null, last);
  count();
  if (logits === 'none') return hooks;
  const read = logits === 'last' ? lastTokens(builder, last, where) : last;
  const capped = config.logitCap !== null;
  const head = { weight: names.head(), bias: null };
  const made = map(read, head, capped ? undefined : 'logits');
  if (capped) softCap(builder, made, config.logitCap, 'logits');
  hook('logits', null, 'logits', [config.vocabulary]);
  return hooks;
}

interface Building {
  config: DecoderConfig;
  builder: GraphBuilder;
  caches: boolean;
  map: LinearMaps;
}

interface BlockPlace extends Building {
  weights: BlockWeights;
  layer: number;
  mask: string;
  rotary: RotaryTables | null;
}

/** One block, from the state before it to the state after it. */
function block(
  { config, builder, map, weights, layer, caches, mask, rotary }: BlockPlace,
  state: string,
  hook: (role: HookRole, value: string, shape?: readonly (number | string)[]) => void,
): string {
  const { heads, kvHeads, headWidth, hidden, epsilon } = config;
  const named = (role: HookRole) => `blocks.${layer}.${role}`;
  const before = (role: 'norm_attn_in' | 'norm_mlp_in', from: string): string => {
    const gains = role === 'norm_attn_in' ? weights.attentionIn : weights.mlpIn;
    if (gains === null) return from;
    hook(role, named(role));
    return norm(builder, from, gains, epsilon, named(role));
  };
  hook('resid_pre', state);
  const attentionInput = before('norm_attn_in', state);
  hook('q', named('q'), [heads, headWidth]);
  hook('k', named('k'), [kvHeads, headWidth]);
  hook('v', named('v'), [kvHeads, headWidth]);
  hook('pattern', named('pattern'), [heads, 'tokens', caches ? 'seen' : 'tokens']);
  const mixed = attention(
    builder,
    config,
    weights,
    attentionInput,
    {
      mask,
      rotary,
      cache: caches
        ? {
            key: `past.${layer}.key`,
            value: `past.${layer}.value`,
            presentKey: `present.${layer}.key`,
            presentValue: `present.${layer}.value`,
          }
        : null,
    },
    {
      query: named('q'),
      key: named('k'),
      value: named('v'),
      pattern: named('pattern'),
      ...(weights.attentionOut ? {} : { out: named('attn_out') }),
    },
    map,
  );
  if (weights.attentionOut) norm(builder, mixed, weights.attentionOut, epsilon, named('attn_out'));
  hook('attn_out', named('attn_out'));
  let between = state;
  if (!config.parallel) {
    between = builder.node('Add', [state, named('attn_out')], {}, { name: named('resid_mid') });
    hook('resid_mid', between);
  }
  const mlpInput = before('norm_mlp_in', between);
  hook('mlp_gate', named('mlp_gate'), [hidden]);
  hook('mlp_act', named('mlp_act'), [hidden]);
  const out = perceptron(
    builder,
    mlpInput,
    weights,
    activationOf(config),
    {
      gate: named('mlp_gate'),
      act: named('mlp_act'),
      ...(weights.mlpOut ? {} : { out: named('mlp_out') }),
    },
    map,
  );
  if (weights.mlpOut) norm(builder, out, weights.mlpOut, epsilon, named('mlp_out'));
  hook('mlp_out', named('mlp_out'));
  const sum = config.parallel ? builder.node('Add', [named('mlp_out'), named('attn_out')]) : named('mlp_out');
  hook('resid_post', named('resid_post'));
  return builder.node('Add', [between, sum], {}, { name: named('resid_post') });
}

function activationOf({ mlp }: DecoderConfig): Activation {
  if (mlp === 'swiglu') return 'silu';
  return mlp === 'gelu' ? 'gelu' : 'geluTanh';
}

function embed({ embeddingScale }: DecoderConfig, builder: GraphBuilder, table: string): string {
  const name = { name: 'embed' };
  if (embeddingScale === 1) return builder.node('Gather', [table, 'input_ids'], { axis: 0 }, name);
  const plain = builder.node('Gather', [table, 'input_ids'], { axis: 0 });
  return builder.node('Mul', [plain, builder.constant('float32', [embeddingScale])], {}, name);
}

/** Masks and angles, each made once for all layers that are alike. */
function sharedTables(
  config: DecoderConfig,
  builder: GraphBuilder,
  where: Places,
): (layer: number) => { mask: string; rotary: RotaryTables | null } {
  const masks = new Map<number | null, string>();
  const angles = new Map<string, RotaryTables>();
  const made = <Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value => {
    const value = known.get(key) ?? builder.scope('positions', make);
    known.set(key, value);
    return value;
  };
  return (layer) => {
    const window = config.windows[layer] ?? null;
    const rotary = config.positions.kind === 'rotary' ? config.positions.layers[layer]! : null;
    return {
      mask: made(masks, window, () => scoreMask(builder, where, window)),
      rotary: rotary && made(angles, JSON.stringify(rotary), () => rotaryTables(builder, where, rotary)),
    };
  };
}

/** Of every row the state of the last token that is no padding, [batch, 1, width]. */
function lastTokens(builder: GraphBuilder, states: string, { validNow }: Places): string {
  const axis = builder.constant('int64', [1], [1]);
  const count = builder.node('Size', [
    builder.node('Gather', [validNow, builder.constant('int64', [0])], { axis: 0 }),
  ]);
  const order = builder.node('Range', [
    builder.constant('int64', [0]),
    count,
    builder.constant('int64', [1]),
  ]);
  const last = builder.node('ReduceMax', [builder.node('Mul', [validNow, order]), axis], { keepdims: 1 });
  const rows = builder.node('GatherND', [states, last], { batch_dims: 1 });
  return builder.node('Unsqueeze', [rows, axis]);
}
