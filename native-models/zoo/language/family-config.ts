/** @file What families of decoders have in common: bounds of sizes, what absent keys mean, windows by layer. */
import type { DecoderConfig, DecoderFamily } from './config';
import type { ConfigReader } from './config-reader';
import { ropeConfig } from './rope-config';

/** Above every model that exists, and small enough that nothing overflows on the way to the checkpoint's own shapes. */
export const most = {
  vocabulary: 2 ** 24,
  width: 2 ** 17,
  layers: 1024,
  heads: 4096,
  hidden: 2 ** 20,
  context: 2 ** 31,
};

/** What the families of the Llama kind have where a configuration has no such key. */
export interface Defaults {
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

/** Those of Llama, which most families share. */
export const llamaDefaults: Defaults = {
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

/** Reads the configuration of one family. */
export type ReadFamily = (config: ConfigReader) => DecoderConfig;

/** What all families with RMS norms and gated perceptrons share. */
export function base(family: DecoderFamily, config: ConfigReader, defaults: Defaults): DecoderConfig {
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

/** One window for all layers. */
export function everywhere(
  config: ConfigReader,
  layers: number,
  otherwise: number | null,
): (number | null)[] {
  const window = config.sizeOrNull('sliding_window', most.context, otherwise);
  return Array.from({ length: layers }, () => window);
}

/** Which layers have a window: by `layer_types`, else by the family's rule. */
export function layerTypes(
  config: ConfigReader,
  layers: number,
  rule: (layer: number) => boolean,
): boolean[] {
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

/** The window of every layer that has one. */
export function windowsOf(
  config: ConfigReader,
  kinds: readonly boolean[],
  otherwise: number,
): (number | null)[] {
  const window = config.sizeOrNull('sliding_window', most.context, otherwise);
  return kinds.map((sliding) => (sliding ? window : null));
}
