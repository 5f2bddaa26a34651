/** @file The description of a decoder from Hugging Face's config.json, with every family's own defaults for absent keys. */
import { MongeError } from '../../error';
import { decoderFamilies, type DecoderConfig, type DecoderFamily } from './config';
import { ConfigReader } from './config-reader';
import { ropeConfig } from './rope-config';

/** Above every model that exists, and small enough that nothing overflows on the way to the checkpoint's own shapes. */
const most = {
  vocabulary: 2 ** 24,
  width: 2 ** 17,
  layers: 1024,
  heads: 4096,
  hidden: 2 ** 20,
  context: 2 ** 31,
};

/** What the families of the Llama kind have where a configuration has no such key. */
interface Defaults {
  vocabulary: number;
  width: number;
  hidden: number;
  layers: number;
  heads: number;
  /** As many as heads where null. */
  kvHeads: number | null;
  /** width / heads where null. */
  headWidth: number | null;
  context: number;
  epsilon: number;
  tied: boolean;
}

const llama: Defaults = {
  vocabulary: 32000,
  width: 4096,
  hidden: 11008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  headWidth: null,
  context: 2048,
  epsilon: 1e-6,
  tied: false,
};
const qwen: Defaults = { ...llama, vocabulary: 151936, hidden: 22016, kvHeads: 32, context: 32768 };
const gemma: Defaults = {
  ...llama,
  vocabulary: 256000,
  width: 2304,
  hidden: 9216,
  layers: 26,
  heads: 8,
  kvHeads: 4,
  headWidth: 256,
  context: 8192,
  tied: true,
};

/**
 * The decoder that `config.json` describes. Keys that are absent have the values that transformers 5 gives them; keys of
 * older files (`rope_theta`, `rope_scaling`, `sliding_window_pattern`) and of newer ones (`rope_parameters`,
 * `layer_types`) are both read.
 * @throws `model-family` for a model_type that is not built here, `model-config` for a value that is absurd, contradicts
 * another, or asks for something that is not built
 */
export function decoderConfig(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const config = new ConfigReader(json);
  // A model that also takes images has its decoder's description inside.
  const text = config.inside('text_config');
  if (text && typeof text.json.model_type === 'string') return decoderConfig(text.json);
  const family = json.model_type;
  if (!isFamily(family))
    throw new MongeError({
      code: 'model-family',
      blame: 'input',
      what: 'decoders of this family are not built here',
      where: { key: 'model_type' },
      got: JSON.stringify(family) ?? 'nothing',
      expected: decoderFamilies.join(', '),
      help: 'an ONNX export of the model can be opened instead',
    });
  const described = families[family](config);
  if (described.heads % described.kvHeads !== 0)
    throw config.refused(
      'num_key_value_heads',
      described.kvHeads,
      `a divisor of the ${described.heads} heads of queries`,
    );
  return described;
}

const families: Record<DecoderFamily, (config: ConfigReader) => DecoderConfig> = {
  llama: (config) => {
    const bias = config.flag('attention_bias', false);
    return {
      ...base('llama', config, llama),
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: config.flag('mlp_bias', false) },
    };
  },
  mistral: (config) => {
    const described = base('mistral', config, { ...llama, hidden: 14336, kvHeads: 8, context: 131072 });
    return { ...described, windows: everywhere(config, described.layers, 4096) };
  },
  qwen2: (config) => {
    const described = base('qwen2', config, qwen);
    return {
      ...described,
      windows: qwenWindows(config, described.layers),
      biases: { queryKeyValue: true, attentionOutput: false, mlp: false },
    };
  },
  qwen3: (config) => {
    const described = base('qwen3', config, { ...qwen, headWidth: 128 });
    const bias = config.flag('attention_bias', false);
    return {
      ...described,
      windows: qwenWindows(config, described.layers),
      queryKeyNorm: 'head',
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: false },
    };
  },
  gemma2: (config) => {
    const described = gemmaBase('gemma2', config, gemma);
    const kinds = layerTypes(config, described.layers, (layer) => layer % 2 === 0);
    return {
      ...described,
      windows: windowsOf(config, kinds, 4096),
      attentionCap: config.positiveOrNull('attn_logit_softcapping', 50),
      logitCap: config.positiveOrNull('final_logit_softcapping', 30),
    };
  },
  gemma3_text: (config) => {
    const described = gemmaBase('gemma3_text', config, { ...gemma, vocabulary: 262208, context: 131072 });
    const pattern = config.size('sliding_window_pattern', most.layers, 6);
    const kinds = layerTypes(config, described.layers, (layer) => (layer + 1) % pattern !== 0);
    const { headWidth, context } = described;
    const full = ropeConfig(config, { headWidth, context, base: 1e6, part: 1 }, { nested: 'full_attention' });
    const local = ropeConfig(
      config,
      { headWidth, context, base: 1e4, part: 1 },
      { nested: 'sliding_attention', baseKey: 'rope_local_base_freq', scaled: false },
    );
    return {
      ...described,
      positions: { kind: 'rotary', layers: kinds.map((sliding) => (sliding ? local : full)) },
      windows: windowsOf(config, kinds, 4096),
      queryKeyNorm: 'head',
      attentionCap: config.positiveOrNull('attn_logit_softcapping', null),
      logitCap: config.positiveOrNull('final_logit_softcapping', null),
    };
  },
  phi3: (config) => {
    const described = base('phi3', config, {
      ...llama,
      vocabulary: 32064,
      width: 3072,
      hidden: 8192,
      context: 4096,
      epsilon: 1e-5,
    });
    const { headWidth, context } = described;
    const rope = ropeConfig(config, { headWidth, context, base: 1e4, part: 1, original: 4096 });
    return {
      ...described,
      positions: { kind: 'rotary', layers: described.windows.map(() => rope) },
      windows: everywhere(config, described.layers, null),
    };
  },
  olmo2: (config) => {
    const described = base('olmo2', config, { ...llama, vocabulary: 50304, epsilon: 1e-5 });
    const bias = config.flag('attention_bias', false);
    return {
      ...described,
      blockNorms: 'after',
      queryKeyNorm: 'all',
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: false },
    };
  },
  gpt2: (config) => {
    if (config.flag('scale_attn_by_inverse_layer_idx', false))
      throw config.refused('scale_attn_by_inverse_layer_idx', true, 'false, as GPT-2 has it');
    const width = config.size('n_embd', most.width, 768);
    const heads = config.size('n_head', most.heads, 12);
    const layers = config.size('n_layer', most.layers, 12);
    if (width % heads !== 0) throw config.refused('n_head', heads, `a divisor of n_embd, ${width}`);
    return {
      ...layerNormBase(config, config.positive('layer_norm_epsilon', 1e-5), layers),
      family: 'gpt2',
      vocabulary: config.size('vocab_size', most.vocabulary, 50257),
      width,
      heads,
      kvHeads: heads,
      headWidth: width / heads,
      hidden: config.size('n_inner', most.hidden, 4 * width),
      context: config.size('n_positions', most.context, 1024),
      parallel: false,
      positions: { kind: 'learned' },
      attentionScale: config.flag('scale_attn_weights', true) ? (width / heads) ** -0.5 : 1,
      mlp: config.choice('activation_function', geluKinds, 'gelu_new'),
      biases: { queryKeyValue: true, attentionOutput: true, mlp: true },
      tied: config.flag('tie_word_embeddings', true),
    };
  },
  gpt_neox: (config) => {
    const width = config.size('hidden_size', most.width, 6144);
    const heads = config.size('num_attention_heads', most.heads, 64);
    const layers = config.size('num_hidden_layers', most.layers, 44);
    if (width % heads !== 0) throw config.refused('num_attention_heads', heads, `a divisor of ${width}`);
    const context = config.size('max_position_embeddings', most.context, 2048);
    const rope = ropeConfig(
      config,
      { headWidth: width / heads, context, base: 1e4, part: 0.25 },
      { baseKey: config.has('rotary_emb_base') ? 'rotary_emb_base' : 'rope_theta', partKey: 'rotary_pct' },
    );
    const bias = config.flag('attention_bias', true);
    return {
      ...layerNormBase(config, config.positive('layer_norm_eps', 1e-5), layers),
      family: 'gpt_neox',
      vocabulary: config.size('vocab_size', most.vocabulary, 50432),
      width,
      heads,
      kvHeads: heads,
      headWidth: width / heads,
      hidden: config.size('intermediate_size', most.hidden, 24576),
      context,
      parallel: config.flag('use_parallel_residual', true),
      positions: { kind: 'rotary', layers: Array.from({ length: layers }, () => rope) },
      attentionScale: (width / heads) ** -0.5,
      mlp: config.choice('hidden_act', geluKinds, 'gelu'),
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: true },
      tied: config.flag('tie_word_embeddings', false),
    };
  },
};

const geluKinds = {
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  gelu_fast: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
} as const;

/** What all families with RMS norms and gated perceptrons share. */
function base(family: DecoderFamily, config: ConfigReader, defaults: Defaults): DecoderConfig {
  const width = config.size('hidden_size', most.width, defaults.width);
  const layers = config.size('num_hidden_layers', most.layers, defaults.layers);
  const heads = config.size('num_attention_heads', most.heads, defaults.heads);
  // A null asks for as many as heads; an absent key for the family's own number.
  const kvHeads = config.sizeOrNull('num_key_value_heads', most.heads, defaults.kvHeads) ?? heads;
  const headWidth = config.sizeOrNull('head_dim', most.width, defaults.headWidth) ?? width / heads;
  if (!Number.isInteger(headWidth))
    throw config.refused('num_attention_heads', heads, `a divisor of hidden_size, ${width}`);
  const context = config.size('max_position_embeddings', most.context, defaults.context);
  const perLayer = family === 'gemma3_text' || family === 'phi3';
  // Those two are read by their own rules.
  const rope = perLayer ? null : ropeConfig(config, { headWidth, context, base: 1e4, part: 1 });
  return {
    family,
    vocabulary: config.size('vocab_size', most.vocabulary, defaults.vocabulary),
    width,
    layers,
    heads,
    kvHeads,
    headWidth,
    hidden: config.size('intermediate_size', most.hidden, defaults.hidden),
    context,
    norm: 'rms',
    epsilon: config.positive('rms_norm_eps', defaults.epsilon),
    gainOffset: 0,
    blockNorms: 'before',
    parallel: false,
    positions: { kind: 'rotary', layers: rope ? Array.from({ length: layers }, () => rope) : [] },
    windows: Array.from({ length: layers }, () => null),
    attentionScale: headWidth ** -0.5,
    attentionCap: null,
    logitCap: null,
    queryKeyNorm: null,
    mlp: family.startsWith('gemma') ? 'gegluTanh' : config.choice('hidden_act', siluKinds, 'silu'),
    biases: { queryKeyValue: false, attentionOutput: false, mlp: false },
    embeddingScale: 1,
    tied: config.flag('tie_word_embeddings', defaults.tied),
  };
}

const siluKinds = { silu: 'swiglu', swish: 'swiglu' } as const;

function gemmaBase(
  family: 'gemma2' | 'gemma3_text',
  config: ConfigReader,
  defaults: Defaults,
): DecoderConfig {
  if (config.flag('use_bidirectional_attention', false))
    throw config.refused('use_bidirectional_attention', true, 'false: a decoder');
  const described = base(family, config, defaults);
  const bias = config.flag('attention_bias', false);
  return {
    ...described,
    gainOffset: 1,
    blockNorms: 'both',
    attentionScale: config.positive('query_pre_attn_scalar', 256) ** -0.5,
    mlp: config.choice('hidden_activation', { gelu_pytorch_tanh: 'gegluTanh' }, 'gelu_pytorch_tanh'),
    biases: { queryKeyValue: bias, attentionOutput: bias, mlp: false },
    embeddingScale: Math.sqrt(described.width),
  };
}

/** What GPT-2 and GPT-NeoX share. */
function layerNormBase(config: ConfigReader, epsilon: number, layers: number) {
  return {
    norm: 'layer',
    epsilon,
    layers,
    gainOffset: 0,
    blockNorms: 'before',
    windows: Array.from({ length: layers }, () => null),
    attentionCap: null,
    logitCap: null,
    queryKeyNorm: null,
    embeddingScale: 1,
  } as const;
}

function everywhere(config: ConfigReader, layers: number, otherwise: number | null): (number | null)[] {
  const window = config.sizeOrNull('sliding_window', most.context, otherwise);
  return Array.from({ length: layers }, () => window);
}

/** Windows from `max_window_layers` on, and only where they are switched on. */
function qwenWindows(config: ConfigReader, layers: number): (number | null)[] {
  const first = config.json.max_window_layers === 0 ? 0 : config.size('max_window_layers', most.context, 28);
  if (!config.flag('use_sliding_window', false)) return Array.from({ length: layers }, () => null);
  return windowsOf(
    config,
    layerTypes(config, layers, (layer) => layer >= first),
    4096,
  );
}

/** Which layers have a window: by `layer_types`, else by the family's rule. */
function layerTypes(config: ConfigReader, layers: number, rule: (layer: number) => boolean): boolean[] {
  const given = config.json.layer_types ?? null;
  if (given === null) return Array.from({ length: layers }, (_, layer) => rule(layer));
  const known = ['full_attention', 'sliding_attention'];
  if (
    !Array.isArray(given) ||
    given.length !== layers ||
    !given.every((kind) => known.includes(kind as string))
  )
    throw config.refused('layer_types', given, `${layers} of ${known.join(' and ')}`);
  return given.map((kind) => kind === 'sliding_attention');
}

function windowsOf(config: ConfigReader, kinds: readonly boolean[], otherwise: number): (number | null)[] {
  const window = config.sizeOrNull('sliding_window', most.context, otherwise);
  return kinds.map((sliding) => (sliding ? window : null));
}

function isFamily(value: unknown): value is DecoderFamily {
  return typeof value === 'string' && (decoderFamilies as readonly string[]).includes(value);
}
