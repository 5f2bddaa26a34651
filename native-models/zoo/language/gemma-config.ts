/** @file Configurations of Gemma 2 and Gemma 3. */
import type { ConfigReader } from './config-reader';
import type { DecoderConfig } from './config';
import {
  base,
  layerTypes,
  llamaDefaults,
  most,
  windowsOf,
  type Defaults,
  type ReadFamily,
} from './family-config';
import { ropeConfig } from './rope-config';

const gemma: Defaults = {
  ...llamaDefaults,
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

/** By `model_type`. */
export const gemmaFamilies = {
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
} satisfies Record<string, ReadFamily>;

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
