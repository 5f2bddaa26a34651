/** @file Which tensors of a checkpoint are which part of BERT or ViT, in the names of older and newer files. */
import type { BlockWeights, LinearWeights, NormWeights } from './decoder-weights';
import type { EncoderConfig } from './encoder-config';
import type { WeightBook } from './weight-book';

export interface EncoderWeights {
  /** The name of a tensor outside the blocks, checked by its shape; without the prefix of the body. */
  body(name: string, dims: readonly number[]): string;
  norm(name: string): NormWeights;
  /** A map outside the body. */
  linear(name: string, outputs: number, inputs: number): LinearWeights;
  /** Whether the checkpoint has this tensor of the body. */
  has(name: string): boolean;
  /**
   * `attentionIn` and `mlpIn` of a ViT, `attentionOut` and `mlpOut` of a BERT, where they belong to the sums.
   * @throws `checkpoint-shape`
   */
  block(layer: number): BlockWeights;
}

/** Every method throws `checkpoint-shape` for what is missing or does not fit. */
export function encoderWeights(config: EncoderConfig, book: WeightBook): EncoderWeights {
  const { width, hidden, family } = config;
  const { source } = book;
  const first = family === 'bert' ? 'embeddings.word_embeddings.weight' : 'embeddings.cls_token';
  const root = source.has(`${family}.${first}`) ? `${family}.` : '';
  const linearOf = (name: string, outputs: number, inputs: number, bias = true): LinearWeights => ({
    weight: book.whole(`${name}.weight`, [outputs, inputs]),
    bias: bias ? book.whole(`${name}.bias`, [outputs]) : null,
  });
  const normOf = (name: string): NormWeights => {
    // The first files of BERT say gamma and beta.
    const old = !source.has(`${name}.weight`) && source.has(`${name}.gamma`);
    return {
      gain: book.whole(`${name}.${old ? 'gamma' : 'weight'}`, [width]),
      bias: book.whole(`${name}.${old ? 'beta' : 'bias'}`, [width]),
    };
  };
  const isNew = source.has(`${root}layers.0.mlp.fc1.weight`);
  const names = family === 'bert' ? bertNames : isNew ? vitNames : olderVitNames;
  return {
    body: (name, dims) => book.whole(`${root}${name}`, dims),
    norm: (name) => normOf(`${root}${name}`),
    linear: linearOf,
    has: (name) => source.has(`${root}${name}`),
    block(layer) {
      const at = `${root}${isNew && family === 'vit' ? 'layers' : 'encoder.layer'}.${layer}.`;
      const map = (name: string, outputs: number, inputs: number, bias = true) =>
        linearOf(`${at}${name}`, outputs, inputs, bias);
      const norm = (name: string | null) => (name === null ? null : normOf(`${at}${name}`));
      return {
        query: map(names.query, width, width, config.queryKeyValueBias),
        key: map(names.key, width, width, config.queryKeyValueBias),
        value: map(names.value, width, width, config.queryKeyValueBias),
        attentionOutput: map(names.attentionOutput, width, width),
        queryNorm: null,
        keyNorm: null,
        attentionIn: norm(names.attentionIn),
        attentionOut: norm(names.attentionOut),
        mlpIn: norm(names.mlpIn),
        mlpOut: norm(names.mlpOut),
        gate: null,
        up: map(names.up, hidden, width),
        down: map(names.down, width, hidden),
      };
    },
  };
}

const bertNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionIn: null,
  attentionOut: 'attention.output.LayerNorm',
  mlpIn: null,
  mlpOut: 'output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
};

const olderVitNames = {
  query: 'attention.attention.query',
  key: 'attention.attention.key',
  value: 'attention.attention.value',
  attentionOutput: 'attention.output.dense',
  attentionIn: 'layernorm_before',
  attentionOut: null,
  mlpIn: 'layernorm_after',
  mlpOut: null,
  up: 'intermediate.dense',
  down: 'output.dense',
};

const vitNames = {
  ...olderVitNames,
  query: 'attention.q_proj',
  key: 'attention.k_proj',
  value: 'attention.v_proj',
  attentionOutput: 'attention.o_proj',
  up: 'mlp.fc1',
  down: 'mlp.fc2',
};
