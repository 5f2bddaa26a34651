/** @file Which tensors of a checkpoint are which part of a decoder, family by family, fused ones cut into their parts. */
import type { DecoderConfig } from './config';
import type { WeightBook } from './weight-book';

/** A linear map [outputs, inputs] and its bias, by the names of initialisers. */
export interface LinearWeights {
  weight: string;
  bias: string | null;
}

export interface NormWeights {
  gain: string;
  bias: string | null;
}

export interface BlockWeights {
  query: LinearWeights;
  key: LinearWeights;
  value: LinearWeights;
  attentionOutput: LinearWeights;
  /** Of every head, or of all together. */
  queryNorm: NormWeights | null;
  keyNorm: NormWeights | null;
  attentionIn: NormWeights | null;
  attentionOut: NormWeights | null;
  mlpIn: NormWeights | null;
  mlpOut: NormWeights | null;
  /** Null where the perceptron has no gate; its first map is `up` then. */
  gate: LinearWeights | null;
  up: LinearWeights;
  down: LinearWeights;
}

export interface DecoderWeights {
  embedding: string;
  /** Learned positions [context, width]. */
  positions: string | null;
  block(layer: number): BlockWeights;
  norm(): NormWeights;
  /** The output map [vocabulary, width]. */
  head(): string;
}

/** The names of this checkpoint's weights. Every method throws `checkpoint-shape` for what is missing or does not fit. */
export function decoderWeights(config: DecoderConfig, book: WeightBook): DecoderWeights {
  switch (config.family) {
    case 'gpt2':
      return gpt2Weights(config, book);
    case 'gpt_neox':
      return neoxWeights(config, book);
    default:
      return llamaWeights(config, book);
  }
}

function llamaWeights(config: DecoderConfig, book: WeightBook): DecoderWeights {
  const { width, heads, kvHeads, headWidth, hidden, vocabulary, biases, family } = config;
  const root = prefixOf(book, 'embed_tokens.weight', [
    'model.',
    'language_model.model.',
    'model.language_model.',
    '',
  ]);
  const embedding = book.whole(`${root}embed_tokens.weight`, [vocabulary, width]);
  const gain = (name: string, size: number): NormWeights => ({
    gain:
      config.gainOffset === 0
        ? book.whole(name, [size])
        : book.made(name, 'plus-one', [size], [size], (values) => values.map((value) => value + 1)),
    bias: null,
  });
  const linear = (name: string, outputs: number, inputs: number, bias: boolean): LinearWeights => ({
    weight: book.whole(`${name}.weight`, [outputs, inputs]),
    bias: bias ? book.whole(`${name}.bias`, [outputs]) : null,
  });
  const fused = (name: string, part: string, all: number, inputs: number, from: number, to: number) => ({
    weight: book.rows(`${name}.weight`, part, [all, inputs], from, to),
    bias: null,
  });
  const queries = heads * headWidth;
  const keys = kvHeads * headWidth;
  return {
    embedding,
    positions: null,
    block(layer) {
      const at = `${root}layers.${layer}.`;
      const attention = `${at}self_attn.`;
      const qkv = (name: 'q' | 'k' | 'v', size: number, from: number) =>
        family === 'phi3'
          ? fused(`${attention}qkv_proj`, name, queries + 2 * keys, width, from, from + size)
          : linear(`${attention}${name}_proj`, size, width, biases.queryKeyValue);
      const up = (name: 'gate' | 'up', from: number) =>
        family === 'phi3'
          ? fused(`${at}mlp.gate_up_proj`, name, 2 * hidden, width, from, from + hidden)
          : linear(`${at}mlp.${name}_proj`, hidden, width, biases.mlp);
      const both = config.blockNorms === 'both';
      const after = both || config.blockNorms === 'after';
      const before = both || config.blockNorms === 'before';
      const mlpIn = both ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
      const normOf = (name: 'q' | 'k', size: number) =>
        config.queryKeyNorm === null
          ? null
          : gain(`${attention}${name}_norm.weight`, config.queryKeyNorm === 'head' ? headWidth : size);
      return {
        attentionIn: before ? gain(`${at}input_layernorm.weight`, width) : null,
        query: qkv('q', queries, 0),
        key: qkv('k', keys, queries),
        value: qkv('v', keys, queries + keys),
        queryNorm: normOf('q', queries),
        keyNorm: normOf('k', keys),
        attentionOutput: linear(`${attention}o_proj`, width, queries, biases.attentionOutput),
        attentionOut: after ? gain(`${at}post_attention_layernorm.weight`, width) : null,
        mlpIn: before ? gain(`${at}${mlpIn}.weight`, width) : null,
        gate: up('gate', 0),
        up: up('up', hidden),
        down: linear(`${at}mlp.down_proj`, width, hidden, biases.mlp),
        mlpOut: after ? gain(`${at}post_feedforward_layernorm.weight`, width) : null,
      };
    },
    norm: () => gain(`${root}norm.weight`, width),
    head: () => {
      if (config.tied) return embedding;
      const name = prefixOf(book, 'lm_head.weight', ['', 'language_model.']);
      return book.whole(`${name}lm_head.weight`, [vocabulary, width]);
    },
  };
}

function gpt2Weights(config: DecoderConfig, book: WeightBook): DecoderWeights {
  const { width, hidden, vocabulary, context } = config;
  const root = prefixOf(book, 'wte.weight', ['transformer.', '']);
  const embedding = book.whole(`${root}wte.weight`, [vocabulary, width]);
  const norm = normOf(book, width);
  /** Columns of a map that is stored [inputs, outputs]. */
  const columns = (name: string, part: string, inputs: number, all: number, from: number, to: number) => ({
    weight: book.made(`${name}.weight`, part, [inputs, all], [to - from, inputs], (values) =>
      transposedColumns(values, inputs, all, from, to),
    ),
    bias: book.rows(`${name}.bias`, part, [all], from, to),
  });
  const whole = (name: string, inputs: number, outputs: number) => ({
    weight: columns(name, 'transposed', inputs, outputs, 0, outputs).weight,
    bias: book.whole(`${name}.bias`, [outputs]),
  });
  return {
    embedding,
    positions: book.whole(`${root}wpe.weight`, [context, width]),
    block(layer) {
      const at = `${root}h.${layer}.`;
      const qkv = (part: string, index: number) =>
        columns(`${at}attn.c_attn`, part, width, 3 * width, index * width, (index + 1) * width);
      return {
        ...noExtraNorms,
        attentionIn: norm(`${at}ln_1`),
        query: qkv('q', 0),
        key: qkv('k', 1),
        value: qkv('v', 2),
        attentionOutput: whole(`${at}attn.c_proj`, width, width),
        mlpIn: norm(`${at}ln_2`),
        gate: null,
        up: whole(`${at}mlp.c_fc`, width, hidden),
        down: whole(`${at}mlp.c_proj`, hidden, width),
      };
    },
    norm: () => norm(`${root}ln_f`),
    head: () => (config.tied ? embedding : book.whole('lm_head.weight', [vocabulary, width])),
  };
}

function neoxWeights(config: DecoderConfig, book: WeightBook): DecoderWeights {
  const { width, hidden, vocabulary, heads, headWidth, biases } = config;
  const root = prefixOf(book, 'embed_in.weight', ['gpt_neox.', '']);
  const embedding = book.whole(`${root}embed_in.weight`, [vocabulary, width]);
  const norm = normOf(book, width);
  const linear = (name: string, outputs: number, inputs: number, bias: boolean): LinearWeights => ({
    weight: book.whole(`${name}.weight`, [outputs, inputs]),
    bias: bias ? book.whole(`${name}.bias`, [outputs]) : null,
  });
  return {
    embedding,
    positions: null,
    block(layer) {
      const at = `${root}layers.${layer}.`;
      const fused = `${at}attention.query_key_value`;
      /** Rows lie head by head, the three maps of a head one after the other. */
      const qkv = (part: string, index: number): LinearWeights => ({
        weight: book.made(`${fused}.weight`, part, [3 * width, width], [width, width], (values) =>
          everyThird(values, index, heads, headWidth * width),
        ),
        bias: biases.queryKeyValue
          ? book.made(`${fused}.bias`, part, [3 * width], [width], (values) =>
              everyThird(values, index, heads, headWidth),
            )
          : null,
      });
      return {
        ...noExtraNorms,
        attentionIn: norm(`${at}input_layernorm`),
        query: qkv('q', 0),
        key: qkv('k', 1),
        value: qkv('v', 2),
        attentionOutput: linear(`${at}attention.dense`, width, width, biases.attentionOutput),
        mlpIn: norm(`${at}post_attention_layernorm`),
        gate: null,
        up: linear(`${at}mlp.dense_h_to_4h`, hidden, width, true),
        down: linear(`${at}mlp.dense_4h_to_h`, width, hidden, true),
      };
    },
    norm: () => norm(`${root}final_layer_norm`),
    head: () => {
      if (config.tied) return embedding;
      const name = book.source.has('lm_head.weight') ? 'lm_head.weight' : 'embed_out.weight';
      return book.whole(name, [vocabulary, width]);
    },
  };
}

const noExtraNorms = { queryNorm: null, keyNorm: null, attentionOut: null, mlpOut: null };

/** Layer norms with gain and bias. */
function normOf(book: WeightBook, width: number): (name: string) => NormWeights {
  return (name) => ({
    gain: book.whole(`${name}.weight`, [width]),
    bias: book.whole(`${name}.bias`, [width]),
  });
}

/** What stands before a name in this checkpoint: files of the whole model have more than those of its body. */
function prefixOf(book: WeightBook, name: string, prefixes: readonly string[]): string {
  return prefixes.find((prefix) => book.source.has(`${prefix}${name}`)) ?? prefixes[0]!;
}

/** Columns `from` to `to` of [rows, columns] as rows. */
function transposedColumns(
  values: Float32Array,
  rows: number,
  columns: number,
  from: number,
  to: number,
): Float32Array {
  const result = new Float32Array((to - from) * rows);
  for (let row = 0; row < rows; row += 1)
    for (let column = from; column < to; column += 1)
      result[(column - from) * rows + row] = values[row * columns + column]!;
  return result;
}

/** Of `groups` times three pieces of `piece` values, those at `index` in their three. */
function everyThird(values: Float32Array, index: number, groups: number, piece: number): Float32Array {
  const result = new Float32Array(groups * piece);
  for (let group = 0; group < groups; group += 1) {
    const from = (3 * group + index) * piece;
    result.set(values.subarray(from, from + piece), group * piece);
  }
  return result;
}
