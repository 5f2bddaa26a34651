/** @file The trained model as Hugging Face's files, and as an ONNX file. */
import { encodeSafetensors, inferenceModel, int32, type Gpt } from '../../../native-models';
import type { Arrays } from '../../contract/define';
import type { TinyConfig } from './config';
import { tokenizerConfig, tokenizerJson } from './tokenizer/files';
import type { Vocabulary } from './tokenizer/train';

/** Linear maps, whose weights Hugging Face keeps as [outputs, inputs]. */
const LINEAR = /_proj\.weight$|^lm_head\.weight$/;
const DTYPES = { float32: undefined, float16: 'float16', bfloat16: 'bfloat16' } as const;

export interface SavedModel {
  network: Gpt;
  weights: Arrays;
  vocabulary: Vocabulary;
  /** Texts end with a token of their own. */
  ends: boolean;
  numbers: TinyConfig['numbers'];
}

/** The files of a folder that opens as `LlamaForCausalLM`, by name. */
export function checkpointFiles(model: SavedModel): Record<string, Uint8Array> {
  const { network, weights, vocabulary, ends, numbers } = model;
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => {
      const values = data as Float32Array;
      const [rows, columns] = shape as [number, number];
      const turned = LINEAR.test(name)
        ? { data: transposed(values, rows, columns), shape: [columns, rows] }
        : { data: values, shape };
      return [name, { ...turned, ...(DTYPES[numbers] && { dtype: DTYPES[numbers] }) }];
    }),
  );
  return {
    'config.json': json(llamaConfig(model)),
    'model.safetensors': encodeSafetensors(tensors, { format: 'pt' }),
    'tokenizer.json': json(tokenizerJson(vocabulary)),
    'tokenizer_config.json': json(tokenizerConfig(network.options.context, ends)),
  };
}

/** The content of `config.json`. */
function llamaConfig({ network, numbers, vocabulary }: SavedModel): object {
  const { width, heads, kvHeads = heads, hidden, layers, context, tied } = network.options;
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabulary.tokens.length,
    hidden_size: width,
    intermediate_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: width / heads,
    hidden_act: 'silu',
    max_position_embeddings: context,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: tied === true,
    bos_token_id: 0,
    eos_token_id: 0,
    torch_dtype: numbers,
  };
}

/** ids [batch, context] to logits [batch, context, vocabulary]; what stands after a token does not change its logits. */
export function onnxFile(network: Gpt, weights: Arrays): Uint8Array {
  return inferenceModel({
    name: 'tinyLanguageModel',
    parameters: Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, { data: data as Float32Array, shape }]),
    ),
    inputs: { ids: int32('batch', network.options.context) },
    build: (given, { ids }) => ({ logits: network.apply(given, ids!) }),
  });
}

function json(content: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 1)}\n`);
}

/** [rows, columns] to [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!;
  return turned;
}
