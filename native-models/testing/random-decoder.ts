/** @file Tiny decoders of the Llama kind with random weights, in sizes that the fused operators take. */
import { stream } from '../random/stream';
import type { WeightSource } from '../zoo/language/weights';
import { sourceOf } from './language-fixture';

const sizes = { vocabulary: 96, width: 64, hidden: 96, layers: 2, heads: 4, kvHeads: 2, headWidth: 16 };

export const randomFamilies = ['llama', 'qwen2', 'qwen3', 'mistral'] as const;

/** A configuration as config.json has it, and weights for it. Two calls give the same. */
export function randomDecoder(
  family: (typeof randomFamilies)[number],
  { tied = false }: { tied?: boolean } = {},
): { config: Record<string, unknown>; source: WeightSource } {
  const { vocabulary, width, hidden, layers, heads, kvHeads, headWidth } = sizes;
  const arrays: Record<string, { data: Float32Array; shape: number[] }> = {};
  const add = (name: string, shape: number[], scale: number, centre = 0) => {
    const data = stream(5, `${family}/${name}`).normal(new Float32Array(shape.reduce((a, b) => a * b, 1)));
    arrays[name] = { data: data.map((value) => centre + scale * value), shape };
  };
  const matrix = (name: string, rows: number, columns: number) => add(name, [rows, columns], columns ** -0.5);
  matrix('model.embed_tokens.weight', vocabulary, width);
  if (!tied) matrix('lm_head.weight', vocabulary, width);
  add('model.norm.weight', [width], 0.1, 1);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    add(`${at}input_layernorm.weight`, [width], 0.1, 1);
    add(`${at}post_attention_layernorm.weight`, [width], 0.1, 1);
    for (const [part, count] of [
      ['q', heads],
      ['k', kvHeads],
      ['v', kvHeads],
    ] as const) {
      matrix(`${at}self_attn.${part}_proj.weight`, count * headWidth, width);
      if (family === 'qwen2') add(`${at}self_attn.${part}_proj.bias`, [count * headWidth], 0.1);
      if (family === 'qwen3' && part !== 'v') add(`${at}self_attn.${part}_norm.weight`, [headWidth], 0.1, 1);
    }
    matrix(`${at}self_attn.o_proj.weight`, width, heads * headWidth);
    matrix(`${at}mlp.gate_proj.weight`, hidden, width);
    matrix(`${at}mlp.up_proj.weight`, hidden, width);
    matrix(`${at}mlp.down_proj.weight`, width, hidden);
  }
  const config = {
    model_type: family,
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headWidth,
    hidden_act: 'silu',
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    rope_theta: 500,
    tie_word_embeddings: tied,
    // Short enough that texts of tests are cut by it.
    ...(family === 'mistral' ? { sliding_window: 9 } : {}),
  };
  return { config, source: sourceOf(arrays) };
}
