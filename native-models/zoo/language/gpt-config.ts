/** @file Configurations of GPT-2 and GPT-NeoX (Pythia). */
import type { ConfigReader } from './config-reader';
import { most, type ReadFamily } from './family-config';
import { ropeConfig } from './rope-config';

/** By `model_type`. */
export const gptFamilies = {
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
} satisfies Record<string, ReadFamily>;

const geluKinds = {
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  gelu_fast: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
} as const;

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
