/** @file A decoder of the Llama kind as llama.cpp's converter would write it: its names, its order of rows, its blocks. */
import type { WeightSource } from '../zoo/language/weights';
import { ggufBytes, type MadeGguf, type MadeTensor } from './gguf-bytes';
import { quantise, type BlockType } from './quantised-weights';

const names: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/**
 * The bytes of a .gguf of a model with the sizes of `config`, every matrix in the type that `typeOf` says; without
 * `tokenizer`, the values of its tokenizer.* keys, it has no words.
 */
export async function llamaGguf(
  config: Readonly<Record<string, unknown>>,
  source: Pick<WeightSource, 'names' | 'shape' | 'float32'>,
  typeOf: (name: string) => BlockType | 'F32',
  tokenizer: MadeGguf['metadata'] = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const number = (key: string) => Number(config[key]);
  const tensors: MadeTensor[] = [];
  for (const name of source.names) {
    const shape = source.shape(name);
    const values = await source.float32(name);
    const heads = { q: number('num_attention_heads'), k: number('num_key_value_heads') };
    const part = /self_attn\.([qk])_proj/.exec(name)?.[1] as 'q' | 'k' | undefined;
    const rows = part ? interleaved(values, heads[part], shape[1]!) : values;
    const type = shape.length === 2 ? typeOf(name) : 'F32';
    const bytes = type === 'F32' ? new Uint8Array(rows.buffer) : quantise(type, rows);
    tensors.push({ name: fileName(name), type, shape, bytes });
  }
  const headWidth = number('head_dim');
  return ggufBytes({
    tensors,
    metadata: {
      'general.architecture': 'llama',
      'llama.vocab_size': number('vocab_size'),
      'llama.block_count': number('num_hidden_layers'),
      'llama.context_length': number('max_position_embeddings'),
      'llama.embedding_length': number('hidden_size'),
      'llama.feed_forward_length': number('intermediate_size'),
      'llama.attention.head_count': number('num_attention_heads'),
      'llama.attention.head_count_kv': number('num_key_value_heads'),
      'llama.attention.key_length': headWidth,
      'llama.attention.value_length': headWidth,
      'llama.attention.layer_norm_rms_epsilon': number('rms_norm_eps'),
      'llama.rope.dimension_count': headWidth,
      'llama.rope.freq_base': number('rope_theta'),
      ...tokenizer,
    },
  });
}

/** Rows of every head in the order of pairs (0, half), (1, half + 1) …, as llama.cpp's converter lays them. */
export function interleaved(values: Float32Array, heads: number, inputs: number): Float32Array<ArrayBuffer> {
  const width = values.length / inputs / heads;
  const result = new Float32Array(values.length);
  for (let head = 0; head < heads; head += 1)
    for (let row = 0; row < width; row += 1) {
      const from = head * width + (row % 2) * (width / 2) + Math.floor(row / 2);
      result.set(values.subarray(from * inputs, (from + 1) * inputs), (head * width + row) * inputs);
    }
  return result;
}

function fileName(name: string): string {
  const [, layer, part = '', ending] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight)$/.exec(name)!;
  return `${layer === undefined ? '' : `blk.${layer}.`}${names[part]!}.${ending}`;
}
