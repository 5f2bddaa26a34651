/** @file The metadata of a GGUF file in the words of Hugging Face's config.json. */
import { MongeError } from '../../error';
import type { GgufIndex, GgufTensor } from '../../io/gguf';
import { GgufMetadata } from './gguf-metadata';
import { llama3Scaling } from './gguf-rope';

type Config = Record<string, unknown>;

/** What is told apart by architecture; the rest is the same for all. */
type Describe = (metadata: GgufMetadata, file: File) => Config | Promise<Config>;

interface File {
  index: GgufIndex;
  tensor: (name: string) => GgufTensor | undefined;
  values: (tensor: GgufTensor) => Promise<Float32Array>;
}

const describers: Readonly<Record<string, Describe>> = {
  llama: async (metadata, file) => ({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    ...(await rmsDecoder(metadata, file)),
    attention_bias: has(file, 'blk.0.attn_q.bias'),
    mlp_bias: has(file, 'blk.0.ffn_gate.bias'),
  }),
  qwen2: async (metadata, file) => ({
    model_type: 'qwen2',
    architectures: ['Qwen2ForCausalLM'],
    ...(await rmsDecoder(metadata, file)),
    use_sliding_window: false,
  }),
  qwen3: async (metadata, file) => ({
    model_type: 'qwen3',
    architectures: ['Qwen3ForCausalLM'],
    ...(await rmsDecoder(metadata, file)),
    use_sliding_window: false,
    attention_bias: has(file, 'blk.0.attn_q.bias'),
  }),
  gemma2: async (metadata, file) => {
    const decoder = await rmsDecoder(metadata, file);
    return {
      model_type: 'gemma2',
      architectures: ['Gemma2ForCausalLM'],
      ...decoder,
      ...window(metadata),
      hidden_act: 'gelu_pytorch_tanh',
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: gemmaScalar(decoder, 46),
      attn_logit_softcapping: metadata.positiveOrNull('attn_logit_softcapping') ?? 50,
      final_logit_softcapping: metadata.positiveOrNull('final_logit_softcapping') ?? 30,
      layer_types: layerTypes(metadata, 2),
    };
  },
  gemma3: async (metadata, file) => {
    const decoder = await rmsDecoder(metadata, file, 1e6);
    return {
      model_type: 'gemma3_text',
      architectures: ['Gemma3ForCausalLM'],
      ...decoder,
      ...window(metadata),
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: gemmaScalar(decoder, 62),
      rope_local_base_freq: metadata.positive('rope.freq_base_swa', 1e4),
      attn_logit_softcapping: metadata.positiveOrNull('attn_logit_softcapping'),
      final_logit_softcapping: metadata.positiveOrNull('final_logit_softcapping'),
      layer_types: layerTypes(metadata, 6),
    };
  },
  phi3: async (metadata, file) => {
    const decoder = await rmsDecoder(metadata, file);
    const original = metadata.sizeOrNull('rope.scaling.original_context_length');
    return {
      model_type: 'phi3',
      architectures: ['Phi3ForCausalLM'],
      ...decoder,
      ...window(metadata),
      original_max_position_embeddings: original ?? decoder.max_position_embeddings,
    };
  },
  olmo2: async (metadata, file) => ({
    model_type: 'olmo2',
    architectures: ['Olmo2ForCausalLM'],
    ...(await rmsDecoder(metadata, file)),
    attention_bias: has(file, 'blk.0.attn_q.bias'),
  }),
  gpt2: (metadata, file) => {
    const width = metadata.size('embedding_length');
    return {
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      ...vocabulary(metadata, file),
      n_embd: width,
      n_layer: metadata.size('block_count'),
      n_head: metadata.size('attention.head_count'),
      n_inner: metadata.size('feed_forward_length', 4 * width),
      n_positions: metadata.size('context_length'),
      layer_norm_epsilon: metadata.positive('attention.layer_norm_epsilon', 1e-5),
      activation_function: 'gelu_new',
      tie_word_embeddings: !has(file, 'output.weight'),
    };
  },
  gptneox: (metadata, file) => {
    const width = metadata.size('embedding_length');
    const heads = metadata.size('attention.head_count');
    const turning = metadata.size('rope.dimension_count', width / heads);
    return {
      model_type: 'gpt_neox',
      architectures: ['GPTNeoXForCausalLM'],
      ...vocabulary(metadata, file),
      hidden_size: width,
      num_hidden_layers: metadata.size('block_count'),
      num_attention_heads: heads,
      intermediate_size: metadata.size('feed_forward_length'),
      max_position_embeddings: metadata.size('context_length'),
      layer_norm_eps: metadata.positive('attention.layer_norm_epsilon', 1e-5),
      rotary_pct: turning / (width / heads),
      rotary_emb_base: metadata.positive('rope.freq_base', 1e4),
      use_parallel_residual: metadata.flag('use_parallel_residual', true),
      hidden_act: 'gelu',
      attention_bias: has(file, 'blk.0.attn_qkv.bias'),
      tie_word_embeddings: !has(file, 'output.weight'),
    };
  },
};

/**
 * What config.json would say of the model; `values` reads a small tensor, for the factors of turning that lie among the
 * tensors. Figures that the converter leaves out are those of the models that exist (Gemma's scale by its depth).
 * @throws `gguf-architecture`, `gguf-metadata`, `gguf-rope-factors`
 */
export async function ggufConfig(
  index: GgufIndex,
  values: (tensor: GgufTensor) => Promise<Float32Array>,
  file?: string,
): Promise<Config> {
  const metadata = new GgufMetadata(index, file);
  const { architecture } = metadata;
  if (!Object.hasOwn(describers, architecture))
    throw new MongeError({
      code: 'gguf-architecture',
      blame: 'input',
      what: 'models of this family cannot be read from GGUF here',
      where: { file, key: 'general.architecture' },
      got: architecture.slice(0, 60),
      expected: Object.keys(describers).join(', '),
    });
  const byName = new Map(index.tensors.map((tensor) => [tensor.name, tensor]));
  return describers[architecture]!(metadata, { index, tensor: (name) => byName.get(name), values });
}

async function rmsDecoder(metadata: GgufMetadata, file: File, base = 1e4): Promise<Config> {
  const width = metadata.size('embedding_length');
  const heads = metadata.size('attention.head_count');
  const headWidth = metadata.size('attention.key_length', width / heads);
  if (metadata.size('attention.value_length', headWidth) !== headWidth)
    throw metadata.refused(
      metadata.full('attention.value_length'),
      metadata.value('attention.value_length'),
      `${headWidth}, as of keys`,
    );
  return {
    ...vocabulary(metadata, file),
    hidden_size: width,
    num_hidden_layers: metadata.size('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.size('attention.head_count_kv', heads),
    head_dim: headWidth,
    intermediate_size: metadata.size('feed_forward_length'),
    max_position_embeddings: metadata.size('context_length'),
    rms_norm_eps: metadata.positive('attention.layer_norm_rms_epsilon'),
    hidden_act: 'silu',
    rope_theta: metadata.positive('rope.freq_base', base),
    partial_rotary_factor: metadata.size('rope.dimension_count', headWidth) / headWidth,
    rope_scaling: await ropeScaling(metadata, file),
    tie_word_embeddings: !has(file, 'output.weight'),
  };
}

/** The rows of the embedding are the truth; a count in the metadata may leave out what fills up. */
function vocabulary(metadata: GgufMetadata, file: File): Config {
  const rows = file.tensor('token_embd.weight')?.shape[0];
  const ids = { bos_token_id: 'bos', eos_token_id: 'eos', pad_token_id: 'padding' };
  const known = Object.entries(ids).flatMap(([key, name]) => {
    const id = metadata.token(name);
    return id === undefined ? [] : [[key, id] as const];
  });
  return { vocab_size: rows ?? metadata.size('vocab_size'), ...Object.fromEntries(known) };
}

async function ropeScaling(metadata: GgufMetadata, file: File): Promise<Config | null> {
  const long = file.tensor('rope_factors_long.weight');
  const short = file.tensor('rope_factors_short.weight');
  if (long && short) {
    const attention = metadata.positiveOrNull('rope.scaling.attn_factor');
    const factors = async (tensor: GgufTensor) => [...(await smallValues(metadata, file, tensor))];
    return {
      ...named('longrope'),
      long_factor: await factors(long),
      short_factor: await factors(short),
      ...(attention === null ? {} : { attention_factor: attention }),
    };
  }
  const frequencies = file.tensor('rope_freqs.weight');
  if (frequencies) {
    const base = metadata.positive('rope.freq_base', 1e4);
    const factors = await smallValues(metadata, file, frequencies);
    const scaling = llama3Scaling(factors, base);
    if (scaling === undefined)
      throw new MongeError({
        code: 'gguf-rope-factors',
        blame: 'input',
        what: 'the factors of the frequencies are of a kind that is not known',
        where: { byte: frequencies.from, tensor: frequencies.name },
        expected: "none, or Llama 3's",
      });
    return scaling && { ...named('llama3'), ...scaling };
  }
  const kind = metadata.word(metadata.full('rope.scaling.type')) ?? 'none';
  const factor = () => metadata.positive('rope.scaling.factor');
  if (kind === 'none') return null;
  if (kind === 'linear') return { ...named('linear'), factor: factor() };
  if (kind === 'yarn') {
    const multiplier = metadata.positiveOrNull('rope.scaling.attn_factor');
    const optional = {
      original_max_position_embeddings: metadata.sizeOrNull('rope.scaling.original_context_length'),
      // In GGUF a factor of YaRN's own, in Hugging Face's files the product.
      attention_factor: multiplier && multiplier * (1 + 0.1 * Math.log(factor())),
      beta_fast: metadata.positiveOrNull('rope.scaling.yarn_beta_fast'),
      beta_slow: metadata.positiveOrNull('rope.scaling.yarn_beta_slow'),
    };
    const given = Object.entries(optional).filter(([, value]) => value !== null);
    return { ...named('yarn'), factor: factor(), ...Object.fromEntries(given) };
  }
  throw metadata.refused(metadata.full('rope.scaling.type'), kind, 'none, linear or yarn');
}

/** Files of either age are read: the key was `type` once. */
function named(kind: string): Config {
  return { rope_type: kind, type: kind };
}

/** Factors are one for each pair of a head's units. */
async function smallValues(metadata: GgufMetadata, file: File, tensor: GgufTensor): Promise<Float32Array> {
  if (tensor.to - tensor.from <= 2 ** 20) return file.values(tensor);
  throw metadata.refused(tensor.name, `${tensor.to - tensor.from} bytes`, 'a factor for each pair of units');
}

/** None where the file says 0, as Phi-4's do. */
function window(metadata: GgufMetadata): Config {
  if (metadata.value('attention.sliding_window') === 0) return { sliding_window: null };
  const tokens = metadata.sizeOrNull('attention.sliding_window');
  return tokens === null ? {} : { sliding_window: tokens };
}

/** Which layers have a window: as the file lists them, else all but every `pattern`-th. */
function layerTypes(metadata: GgufMetadata, otherwise: number): string[] {
  const layers = metadata.size('block_count');
  if (layers > 4096) throw metadata.refused(metadata.full('block_count'), layers, 'at most 4096');
  const given = metadata.value('attention.sliding_window_pattern');
  const listed = Array.isArray(given) && given.length === layers ? (given as readonly unknown[]) : null;
  const pattern = listed ? 0 : metadata.size('attention.sliding_window_pattern', otherwise);
  return Array.from({ length: layers }, (_, layer) => {
    const sliding = listed ? listed[layer] === true : (layer + 1) % pattern !== 0;
    return sliding ? 'sliding_attention' : 'full_attention';
  });
}

/** Scores are divided by the root of a head's width, but in the 27-billion models of width / heads; told by their depth. */
function gemmaScalar(decoder: Config, deepest: number): number {
  const {
    hidden_size: width,
    num_attention_heads: heads,
    head_dim: headWidth,
    num_hidden_layers: layers,
  } = decoder;
  return layers === deepest ? Number(width) / Number(heads) : Number(headWidth);
}

function has(file: File, name: string): boolean {
  return file.tensor(name) !== undefined;
}
