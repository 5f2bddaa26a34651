/** @file The weights of a GGUF file as Hugging Face has them, tensor by tensor: what the converter folded in is undone. */
import { MongeError } from '../../error';
import { dequantise } from '../../io/blocks';
import type { ByteSource, GgufIndex, GgufTensor } from '../../io/gguf';
import { weightTypes, type WeightType } from '../../io/weight-types';
import { huggingFaceTensors, type NamedTensor } from './gguf-names';
import type { WeightSource } from './weights';

/**
 * Names, shapes and types are known at once; bytes are read when they are asked for. Rows that were permuted stay in
 * their blocks; a matrix that was turned round, and gains that had one added, come as F32.
 * @throws `gguf-architecture`, `gguf-metadata`, `gguf-tensor-name`, `gguf-shape`
 */
export function ggufWeights(index: GgufIndex, source: ByteSource): WeightSource {
  const tensors = new Map(huggingFaceTensors(index, source.name).map((tensor) => [tensor.name, tensor]));
  const unknown = (name: string, expected: string) =>
    new MongeError({
      code: 'tensor-unknown',
      what: 'the model has no such tensor',
      where: { file: source.name, tensor: name },
      expected,
    });
  const find = (name: string): NamedTensor => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw unknown(name, [...tensors.keys()].slice(0, 8).join(', '));
  };
  const bytes = async (name: string): Promise<Uint8Array> => {
    const { stored, change, shape } = find(name);
    const raw = await source.read(stored.from, stored.to);
    switch (change.kind) {
      case 'none':
        return raw;
      case 'rows':
        return rowsFrom(raw, shape[0]!, change.source);
      case 'transposed':
        return transposed(raw, stored.type, stored.shape);
      case 'less-one':
        return bytesOf(dequantise(stored.type, raw).map((value) => value - 1));
    }
  };
  return {
    names: [...tensors.keys()],
    has: (name) => tensors.has(name),
    shape: (name) => find(name).shape,
    type: (name) => typeOf(find(name)),
    bytes,
    float32: async (name) => dequantise(typeOf(find(name)), await bytes(name)),
    ...(index.metadata.get('general.architecture') === 'llama' && {
      neighbourRows: async (name) => {
        const stored = storedQueryOrKey(index, name);
        if (!stored) throw unknown(name, 'the map of queries or keys of a block');
        return dequantise(stored.type, await source.read(stored.from, stored.to));
      },
    }),
  };
}

/** By the file's own name; on purpose not by way of `huggingFaceTensors`, which this is there to check. */
function storedQueryOrKey({ tensors }: GgufIndex, name: string): GgufTensor | undefined {
  const [, layer, part, ending] = /(\d+)\.self_attn\.([qk])_proj\.(weight|bias)$/.exec(name) ?? [];
  return tensors.find((tensor) => tensor.name === `blk.${layer}.attn_${part}.${ending}`);
}

function typeOf({ stored: { type }, change }: NamedTensor): WeightType {
  if (change.kind === 'less-one') return 'F32';
  return change.kind === 'transposed' && weightTypes[type].elements > 1 ? 'F32' : type;
}

function rowsFrom(raw: Uint8Array, rows: number, source: (row: number) => number): Uint8Array {
  const width = raw.length / rows;
  const ordered = new Uint8Array(raw.length);
  for (let row = 0; row < rows; row += 1) {
    const from = source(row) * width;
    ordered.set(raw.subarray(from, from + width), row * width);
  }
  return ordered;
}

function transposed(
  raw: Uint8Array,
  type: WeightType,
  [rows = 1, columns = 1]: readonly number[],
): Uint8Array {
  const values = weightTypes[type].bytes === 2 ? shorts(raw) : dequantise(type, raw);
  const turned = values.slice();
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = values[row * columns + column]!;
  return bytesOf(turned);
}

function shorts(raw: Uint8Array): Uint16Array {
  // Not `slice`: of a Node Buffer that is a view of memory that need not be aligned.
  return new Uint16Array(Uint8Array.from(raw).buffer);
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
