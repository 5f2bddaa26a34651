/** @file The container GGUF: metadata and where every tensor lies, read from the head of a file that may be huge. */
import { MongeError } from '../error';
import { GgufCursor, ggufError, type ByteSource } from './gguf-cursor';
import { ggmlTypeName, weightTypes, weightTypeOfNumber, type WeightType } from './weight-types';

export type { ByteSource } from './gguf-cursor';

/** A value of the metadata; 64-bit whole numbers are bigint only where a double cannot hold them. */
export type GgufValue = number | bigint | boolean | string | GgufArray;
export type GgufArray =
  | readonly string[]
  | readonly boolean[]
  | readonly GgufArray[]
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

export interface GgufTensor {
  name: string;
  type: WeightType;
  /** The slowest first, [outputs, inputs] of a linear map: the reverse of the order in the file. */
  shape: readonly number[];
  /** First byte in the file, and the one after the last. */
  from: number;
  to: number;
}

export interface GgufIndex {
  version: 2 | 3;
  alignment: number;
  /** Bytes of the file before the values. */
  headBytes: number;
  metadata: ReadonlyMap<string, GgufValue>;
  /** In order of their bytes. */
  tensors: readonly GgufTensor[];
}

const MAGIC = 0x46554747;
/** The limits of ggml itself: 4 dimensions, names of 64 bytes; longer names are let pass as other writers make them. */
const MOST_DIMENSIONS = 4;
const LONGEST_NAME = 1024;
const LONGEST_KEY = 65_535;
const DEEPEST_ARRAY = 4;
/** The fewest bytes that an entry of the metadata and the information of a tensor can have. */
const SMALLEST_ENTRY = 8 + 4 + 1;
const SMALLEST_TENSOR = 8 + 4 + 4 + 8;

/** Whether a file begins like GGUF, whatever its version and byte order. */
export function isGgufHead(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true) === MAGIC;
}

/**
 * Reads and checks the head of a GGUF file, version 2 or 3, little-endian. Counts, lengths, sizes and offsets are held
 * against the size of the file before anything is allocated for them; of the values nothing is read.
 * @throws `gguf-magic`, `gguf-byte-order`, `gguf-version`, `gguf-truncated`, `gguf-count`, `gguf-length`,
 *   `gguf-header-too-large`, `gguf-value-type`, `gguf-key`, `gguf-alignment`, `gguf-tensor`, `gguf-tensor-type`,
 *   `gguf-shape`, `gguf-offset`, naming file, byte and tensor.
 */
export async function readGguf(source: ByteSource): Promise<GgufIndex> {
  const cursor = new GgufCursor(source);
  const version = await readVersion(cursor);
  const tensorCount = await readCount(cursor, SMALLEST_TENSOR, 'tensors');
  const entryCount = await readCount(cursor, SMALLEST_ENTRY, 'entries of metadata');
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < entryCount; i += 1) {
    const at = cursor.at;
    const key = await cursor.string(LONGEST_KEY, 'a key');
    if (metadata.has(key)) throw ggufError(source, 'gguf-key', 'a key occurs twice', at, { got: key });
    const type = await cursor.u32();
    metadata.set(key, await readValue(cursor, type, key, 0));
  }
  const alignment = alignmentOf(metadata, source);
  const infos: TensorInfo[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i += 1) {
    const info = await readTensorInfo(cursor);
    if (names.has(info.name))
      throw ggufError(source, 'gguf-tensor', 'two tensors have the same name', info.at, {
        tensor: info.name,
      });
    names.add(info.name);
    infos.push(info);
  }
  const start = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = infos.map((info) => place(info, start, alignment, source));
  tensors.sort((a, b) => a.from - b.from || a.to - b.to);
  checkOverlap(tensors, source);
  return { version, alignment, headBytes: start, metadata, tensors };
}

async function readVersion(cursor: GgufCursor): Promise<2 | 3> {
  const { source } = cursor;
  if (source.size < 4 || (await cursor.u32()) !== MAGIC)
    throw ggufError(source, 'gguf-magic', 'the file does not begin like a GGUF file', 0, {
      expected: 'GGUF',
    });
  const version = await cursor.u32();
  if (version === 2 || version === 3) return version;
  const swapped = new DataView(Uint32Array.of(version).buffer).getUint32(0, false);
  if (version > 0xffff && swapped < 0x100 && (swapped === version >>> 24 || swapped === (version & 0xff)))
    throw ggufError(source, 'gguf-byte-order', 'the file is big-endian', 4, {
      expected: 'a little-endian file',
      help: 'convert the model again without the big-endian option',
    });
  throw ggufError(source, 'gguf-version', 'this version of GGUF is not supported', 4, {
    got: String(version),
    expected: '2 or 3',
    help: version === 1 ? 'convert the model again; version 1 was given up in 2023' : undefined,
  });
}

async function readCount(cursor: GgufCursor, smallest: number, what: string): Promise<number> {
  const at = cursor.at;
  const count = await cursor.u64();
  const most = Math.floor((cursor.source.size - cursor.at) / smallest);
  if (count <= most) return Number(count);
  throw ggufError(cursor.source, 'gguf-count', `the file cannot hold so many ${what}`, at, {
    got: String(count),
    expected: `at most ${most}`,
  });
}

async function readValue(cursor: GgufCursor, type: number, key: string, depth: number): Promise<GgufValue> {
  if (type === 8) return cursor.string(undefined, key);
  if (type !== 9) return cursor.scalar(type, key);
  const at = cursor.at;
  const element = await cursor.u32();
  const bytes = cursor.bytesOf(element, key);
  const count = await readCount(cursor, bytes, `elements of ${key}`);
  if (element === 8) {
    const texts: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const text = cursor.stringAtHand();
      texts.push(text ?? (await cursor.string(undefined, key)));
    }
    return texts;
  }
  if (element !== 9) return cursor.numbers(element, count, key);
  if (depth >= DEEPEST_ARRAY)
    throw ggufError(cursor.source, 'gguf-value-type', 'arrays lie too deep in one another', at, { key });
  const arrays: GgufArray[] = [];
  for (let i = 0; i < count; i += 1) arrays.push((await readValue(cursor, 9, key, depth + 1)) as GgufArray);
  return arrays;
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, source: ByteSource): number {
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment === 'number' && alignment >= 8 && alignment <= 2 ** 20 && alignment % 8 === 0)
    return alignment;
  throw new MongeError({
    code: 'gguf-alignment',
    blame: 'input',
    what: 'the alignment of the tensors is none',
    where: { file: source.name, key: 'general.alignment' },
    got: String(alignment).slice(0, 40),
    expected: 'a multiple of 8',
  });
}

interface TensorInfo {
  name: string;
  /** Where its information begins. */
  at: number;
  type: WeightType;
  shape: number[];
  bytes: number;
  offset: bigint;
}

async function readTensorInfo(cursor: GgufCursor): Promise<TensorInfo> {
  const { source, at } = cursor;
  const name = await cursor.string(LONGEST_NAME, 'the name of a tensor');
  const dimensions = await cursor.u32();
  if (dimensions > MOST_DIMENSIONS)
    throw ggufError(source, 'gguf-shape', 'the tensor has too many dimensions', at, {
      tensor: name,
      got: String(dimensions),
      expected: `at most ${MOST_DIMENSIONS}`,
    });
  const sizes: bigint[] = [];
  for (let i = 0; i < dimensions; i += 1) sizes.push(await cursor.u64());
  const number = await cursor.u32();
  const offset = await cursor.u64();
  const type = weightTypeOfNumber.get(number);
  if (type === undefined)
    throw ggufError(source, 'gguf-tensor-type', 'the tensor is stored in a way that is not supported', at, {
      tensor: name,
      got: ggmlTypeName(number),
      expected: `one of ${Object.keys(weightTypes).join(', ')}`,
      help: 'convert the model to one of these types, Q4_K or Q8_0 for example',
    });
  const block = weightTypes[type];
  const elements = sizes.reduce((product, size) => product * size, 1n);
  const row = sizes[0] ?? 1n;
  const whole = row % BigInt(block.elements) === 0n;
  const bytes = (elements / BigInt(block.elements)) * BigInt(block.bytes);
  // A size may be absurd although another one is 0, so each is looked at.
  if (!whole || bytes > BigInt(source.size) || sizes.some((size) => size > BigInt(Number.MAX_SAFE_INTEGER)))
    throw ggufError(source, 'gguf-shape', `the sizes of the tensor are none for ${type} in this file`, at, {
      tensor: name,
      got: `[${sizes.join(', ')}]`,
      expected: `rows of whole blocks of ${block.elements}, together at most ${source.size} bytes`,
      ...(whole && {
        help: 'where the copy or download was cut short, fetch the file again; else its head is damaged',
      }),
    });
  return { name, at, type, shape: sizes.map(Number).reverse(), bytes: Number(bytes), offset };
}

function place(info: TensorInfo, start: number, alignment: number, source: ByteSource): GgufTensor {
  const { name, type, shape, offset, bytes, at } = info;
  const room = BigInt(source.size - start);
  if (offset + BigInt(bytes) > room)
    throw ggufError(source, 'gguf-offset', 'the tensor lies beyond the end of the file', at, {
      tensor: name,
      got: `bytes ${BigInt(start) + offset} to ${BigInt(start) + offset + BigInt(bytes)}`,
      expected: `at most ${source.size}`,
      help: 'the copy or download was cut short, or is damaged; fetch the file again',
    });
  if (offset % BigInt(alignment) !== 0n)
    throw ggufError(source, 'gguf-offset', 'the tensor does not lie on the alignment', at, {
      tensor: name,
      got: `offset ${offset}`,
      expected: `a multiple of ${alignment}`,
    });
  const from = start + Number(offset);
  return { name, type, shape, from, to: from + bytes };
}

function checkOverlap(tensors: readonly GgufTensor[], source: ByteSource): void {
  let last: GgufTensor | undefined;
  for (const tensor of tensors) {
    if (tensor.from === tensor.to) continue;
    if (last && tensor.from < last.to)
      throw ggufError(source, 'gguf-offset', 'the tensor overlaps another one', tensor.from, {
        tensor: tensor.name,
        got: `byte ${tensor.from}`,
        expected: `at least ${last.to}, the end of ${last.name.slice(0, 100)}`,
      });
    last = tensor;
  }
}
