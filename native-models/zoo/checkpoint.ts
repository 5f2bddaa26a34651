/** @file Weights of published checkpoints in our names and layouts: Llama, and AIMv2 in both of its layouts. */
import { MongeError } from '../error';
import type { HostArray } from '../evaluate/evaluate';
import type { TensorType } from '../ir/types';

export interface Weights {
  data: Float32Array;
  shape: number[];
}
type Arrays = Readonly<Record<string, HostArray>>;

/** Parts of names that earlier versions of the AIMv2 conversion used. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/\.attention\.proj_out\./, '.attention.out_proj.'],
  [/\.ffn\.fc1\./, '.ffn.gate_proj.'],
  [/\.ffn\.fc2\./, '.ffn.down_proj.'],
  [/\.ffn\.fc3\./, '.ffn.up_proj.'],
];

/** Names of the original AIMv2 layout, and what they are in the layout of the `transformers` library. */
const ORIGINAL: readonly (readonly [RegExp, string])[] = [
  [/^preprocessor\.patchifier\.proj\./, 'embeddings.patch_embed.'],
  [/^preprocessor\.patchifier\.norm\./, 'embeddings.rms_norm.'],
  [/^preprocessor\.pos_embed$/, 'embeddings.position_embedding.weight'],
  [/^trunk\.blocks\.(\d+)\.attn\.proj\./, 'encoder.layers.$1.attention.out_proj.'],
  [/^trunk\.blocks\.(\d+)\.attn\.(qkv)\./, 'encoder.layers.$1.attention.$2.'],
  [/^trunk\.blocks\.(\d+)\.mlp\.fc1\./, 'encoder.layers.$1.ffn.gate_proj.'],
  [/^trunk\.blocks\.(\d+)\.mlp\.fc2\./, 'encoder.layers.$1.ffn.down_proj.'],
  [/^trunk\.blocks\.(\d+)\.mlp\.fc3\./, 'encoder.layers.$1.ffn.up_proj.'],
  [/^trunk\.blocks\.(\d+)\.norm_([12])\./, 'encoder.layers.$1.rms_norm$2.'],
  [/^trunk\.post_trunk_norm\./, 'rms_norm.'],
  [/^head\.([kv])\./, 'head.$1_proj.'],
  [/^head\.linear\./, 'head.output_proj.'],
];

/**
 * AIMv2 weights in either layout, with or without the prefix of the joint model, as parameters of `aimv2(…)`. Linear
 * weights are transposed, the patch convolution becomes a matrix, and a joint qkv is cut in three. Throws
 * `checkpoint-names` with the missing and the unexpected names, and `checkpoint-shape`.
 */
export function importAimv2(
  tensors: Arrays,
  parameters: Readonly<Record<string, TensorType>>,
): Record<string, Weights> {
  const named: Record<string, HostArray> = {};
  for (const [key, array] of Object.entries(tensors)) {
    const plain = key.replace(/^(image_encoder|vision_model)\./, '');
    const table = /^(preprocessor|trunk)\.|^head\.([kv]|linear)\./.test(plain) ? ORIGINAL : ALIASES;
    const name = table.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), plain);
    if (!name.endsWith('.qkv.weight')) named[name] = array;
    else
      for (const [part, map] of ['q_proj', 'k_proj', 'v_proj'].entries())
        named[name.replace('qkv', map)] = rowsOf(array, part, 3);
  }
  return fit(named, parameters, /_proj\.weight$|patch_embed\.weight$/);
}

/**
 * Llama weights as parameters of `gpt(llamaOptions(…))`: the names are the same, linear weights are transposed. Throws
 * `checkpoint-names` and `checkpoint-shape`.
 */
export function importLlama(
  tensors: Arrays,
  parameters: Readonly<Record<string, TensorType>>,
): Record<string, Weights> {
  return fit(tensors, parameters, /_proj\.weight$|^lm_head\.weight$/);
}

/** Checks the names, transposes what matches, and checks the shapes. */
function fit(
  named: Arrays,
  parameters: Readonly<Record<string, TensorType>>,
  transposed: RegExp,
): Record<string, Weights> {
  const missing = Object.keys(parameters).filter((name) => !(name in named));
  const unexpected = Object.keys(named).filter((name) => !(name in parameters));
  if (missing.length > 0 || unexpected.length > 0)
    throw new MongeError({
      code: 'checkpoint-names',
      what: 'the checkpoint does not belong to this model',
      got: `missing: ${missing.join(' ') || 'none'}; unexpected: ${unexpected.join(' ') || 'none'}`,
    });
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => {
      const { data, shape: given } = named[name]!;
      const rows = given[0]!;
      const values = transposed.test(name) ? transpose(data, rows) : Float32Array.from(data);
      const size = shape.reduce<number>((product, dim) => product * Number(dim), 1);
      const turned = transposed.test(name) ? [data.length / rows, rows] : given;
      // A position table may have a leading 1, and a convolution its kernel's axes: those only name the same order.
      if (
        values.length !== size ||
        turned.filter((dim) => dim !== 1).join() !== shape.filter((dim) => dim !== 1).join()
      )
        throw new MongeError({
          code: 'checkpoint-shape',
          blame: 'input',
          what: 'a tensor of the checkpoint has another shape',
          where: { tensor: name },
          got: `[${given.join(',')}]`,
          expected: `[${shape.join(',')}] once in our layout`,
        });
      return [name, { data: values, shape: [...shape] as number[] }];
    }),
  );
}

/** [rows, rest] to [rest, rows]. */
function transpose(data: ArrayLike<number>, rows: number): Float32Array {
  const columns = data.length / rows;
  return Float32Array.from(
    { length: data.length },
    (_, flat) => data[(flat % rows) * columns + Math.floor(flat / rows)]!,
  );
}

/** One of equal parts along the first axis. */
function rowsOf({ data, shape }: HostArray, part: number, parts: number): HostArray {
  const size = data.length / parts;
  return {
    data: Array.from({ length: size }, (_, index) => data[part * size + index]!),
    shape: [shape[0]! / parts, ...shape.slice(1)],
  };
}
