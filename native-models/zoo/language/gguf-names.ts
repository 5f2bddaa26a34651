/** @file Tensors of GGUF files under the names, shapes and row order of Hugging Face's, with what the converter had changed. */
import { MongeError } from '../../error';
import type { GgufIndex, GgufTensor } from '../../io/gguf';
import { GgufMetadata } from './gguf-metadata';

/** What has to be done to the stored values to have Hugging Face's. */
export type TensorChange =
  | { kind: 'none' }
  /** Row r is the stored row `source(r)`. */
  | { kind: 'rows'; source: (row: number) => number }
  /** The stored matrix the other way round. */
  | { kind: 'transposed' }
  /** One is taken off every value. */
  | { kind: 'less-one' };

export interface NamedTensor {
  name: string;
  shape: readonly number[];
  stored: GgufTensor;
  change: TensorChange;
}

/** Names by what stands after `blk.N.` and before `.weight` or `.bias`, and the same outside the blocks. */
interface Family {
  block: string;
  inBlock: Readonly<Record<string, string>>;
  outside: Readonly<Record<string, string>>;
}

const gated = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
const before = { attn_norm: 'input_layernorm', ffn_norm: 'post_attention_layernorm' };
const after = {
  post_attention_norm: 'post_attention_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
};
const queryKeyNorms = { attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' };
const llamaOutside = { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' };
const llamaLike = (inBlock: Family['inBlock']): Family => ({
  block: 'model.layers',
  inBlock,
  outside: llamaOutside,
});
const llama = llamaLike({ ...gated, ...before });
const gemmaNorms = { attn_norm: 'input_layernorm', ffn_norm: 'pre_feedforward_layernorm', ...after };

/** By `general.architecture`. */
const families: Readonly<Record<string, Family>> = {
  llama,
  qwen2: llama,
  qwen3: llamaLike({ ...gated, ...before, ...queryKeyNorms }),
  gemma2: llamaLike({ ...gated, ...gemmaNorms }),
  gemma3: llamaLike({ ...gated, ...gemmaNorms, ...queryKeyNorms }),
  olmo2: llamaLike({ ...gated, ...after, ...queryKeyNorms }),
  phi3: llamaLike({
    ...before,
    attn_qkv: 'self_attn.qkv_proj',
    attn_output: 'self_attn.o_proj',
    // The gates and what they let through, one below the other, as in Hugging Face's files.
    ffn_up: 'mlp.gate_up_proj',
    ffn_down: 'mlp.down_proj',
  }),
  gpt2: {
    block: 'transformer.h',
    inBlock: {
      attn_norm: 'ln_1',
      attn_qkv: 'attn.c_attn',
      attn_output: 'attn.c_proj',
      ffn_norm: 'ln_2',
      ffn_up: 'mlp.c_fc',
      ffn_down: 'mlp.c_proj',
    },
    outside: {
      token_embd: 'transformer.wte',
      position_embd: 'transformer.wpe',
      output_norm: 'transformer.ln_f',
      output: 'lm_head',
    },
  },
  gptneox: {
    block: 'gpt_neox.layers',
    inBlock: {
      ...before,
      attn_qkv: 'attention.query_key_value',
      attn_output: 'attention.dense',
      ffn_up: 'mlp.dense_h_to_4h',
      ffn_down: 'mlp.dense_4h_to_h',
    },
    outside: {
      token_embd: 'gpt_neox.embed_in',
      output_norm: 'gpt_neox.final_layer_norm',
      output: 'embed_out',
    },
  },
};

/** The architectures whose tensors have names here. */
export const ggufArchitectures: readonly string[] = Object.keys(families);

/** Not weights: frequencies, which the configuration says. */
const frequencies =
  /^(rope_freqs|rope_factors_(long|short)|blk\.\d+\.(attn_rot_embd|attn\.rope_freqs))(\.weight)?$/;

/** The file's weights in Hugging Face's words. @throws `gguf-architecture`, `gguf-metadata`, `gguf-tensor-name`, `gguf-shape` */
export function huggingFaceTensors(index: GgufIndex, file?: string): NamedTensor[] {
  const metadata = new GgufMetadata(index, file);
  const family = Object.hasOwn(families, metadata.architecture) ? families[metadata.architecture]! : null;
  if (!family)
    throw new MongeError({
      code: 'gguf-architecture',
      blame: 'input',
      what: 'models of this family cannot be read from GGUF here',
      where: { file, key: 'general.architecture' },
      got: metadata.architecture.slice(0, 60),
      expected: ggufArchitectures.join(', '),
      help: 'its tensors can be looked at; to run it, open its safetensors folder or an ONNX export',
    });
  return index.tensors
    .filter(({ name }) => !frequencies.test(name))
    .map((stored) => {
      const name = nameOf(stored, family, metadata.architecture, file);
      const change = changeOf(stored, metadata, file);
      const shape = change.kind === 'transposed' ? stored.shape.toReversed() : stored.shape;
      return { name, shape, stored, change };
    });
}

function nameOf(stored: GgufTensor, family: Family, architecture: string, file?: string): string {
  const parts = /^(?:blk\.(0|[1-9]\d{0,4})\.)?(\w+)\.(weight|bias)$/.exec(stored.name);
  const [, layer, part = '', ending] = parts ?? [];
  const table = layer === undefined ? family.outside : family.inBlock;
  if (parts && Object.hasOwn(table, part))
    return [...(layer === undefined ? [] : [family.block, layer]), table[part], ending].join('.');
  throw new MongeError({
    code: 'gguf-tensor-name',
    blame: 'input',
    what: 'this tensor belongs to no known part of the model',
    where: { file, byte: stored.from, tensor: stored.name.slice(0, 100) },
    expected: `a tensor of a plain decoder of the family ${architecture}`,
    help: 'models with experts, adapters or other parts of their own are not read',
  });
}

const none: TensorChange = { kind: 'none' };

function changeOf(stored: GgufTensor, metadata: GgufMetadata, file?: string): TensorChange {
  const part = stored.name.replace(/^blk\.\d+\./, '');
  switch (metadata.architecture) {
    case 'llama': {
      if (!/^attn_[qk]\./.test(part)) return none;
      const all = metadata.size('attention.head_count');
      const heads = part.startsWith('attn_k') ? metadata.size('attention.head_count_kv', all) : all;
      const width = unitsPerHead(stored, heads, 2, file);
      const half = width / 2;
      // Stored are pairs (i, i + half) side by side, head by head; Hugging Face turns the halves of a head.
      return {
        kind: 'rows',
        source: (row) => {
          const unit = row % width;
          return row - unit + (unit < half ? 2 * unit : 2 * (unit - half) + 1);
        },
      };
    }
    case 'gptneox': {
      if (!part.startsWith('attn_qkv.')) return none;
      const heads = metadata.size('attention.head_count');
      const width = unitsPerHead(stored, 3 * heads, 1, file);
      // Stored are all queries, all keys, all values; Hugging Face has the three of a head together.
      return {
        kind: 'rows',
        source: (row) => {
          const block = Math.floor(row / width);
          return ((block % 3) * heads + Math.floor(block / 3)) * width + (row % width);
        },
      };
    }
    case 'gpt2':
      return /^(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(part) ? { kind: 'transposed' } : none;
    case 'gemma2':
    case 'gemma3':
      return part.endsWith('norm.weight') ? { kind: 'less-one' } : none;
    default:
      return none;
  }
}

function unitsPerHead(stored: GgufTensor, heads: number, multiple: number, file?: string): number {
  const width = (stored.shape[0] ?? 0) / heads;
  if (Number.isInteger(width) && width >= 1 && width % multiple === 0) return width;
  throw new MongeError({
    code: 'gguf-shape',
    blame: 'input',
    what: 'the rows of the tensor are no whole heads',
    where: { file, byte: stored.from, tensor: stored.name.slice(0, 100) },
    got: `[${stored.shape.join(', ')}]`,
    expected: `rows for ${heads} heads`,
  });
}
