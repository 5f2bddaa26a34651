/** @file IDX (the MNIST format): big-endian arrays; images find their labels file beside them. */
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { numberColumn, vectorColumn, type Column } from '../column';
import { imageColumn } from '../image-column';
import { checkDeclared, truncated } from '../limits';
import { openSource, type ByteSource } from '../source';
import { isBelow } from '../../disk/path-policy';
import type { DatasetWarning, ImageShape } from '../../contract/data';
import { plainName, type Reader } from './reader';

type Type = { bytes: number; read(view: DataView, offset: number): number };

const TYPES: Record<number, Type> = {
  0x08: { bytes: 1, read: (v, o) => v.getUint8(o) },
  0x09: { bytes: 1, read: (v, o) => v.getInt8(o) },
  0x0b: { bytes: 2, read: (v, o) => v.getInt16(o) },
  0x0c: { bytes: 4, read: (v, o) => v.getInt32(o) },
  0x0d: { bytes: 4, read: (v, o) => v.getFloat32(o) },
  0x0e: { bytes: 8, read: (v, o) => v.getFloat64(o) },
};

export const idxReader: Reader = {
  format: 'idx',
  extensions: ['idx', 'idx1', 'idx3'],
  match: (head, name) =>
    head[0] === 0 &&
    head[1] === 0 &&
    ((TYPES[head[2]!] !== undefined && head[3]! >= 1 && head[3]! <= 8) || namedIdx(name)),
  async open(source) {
    const warnings: DatasetWarning[] = [];
    const column = await readArray(source);
    if (column.kind === 'image') {
      const labels = await siblingLabels(source, column.rows, warnings);
      if (labels)
        return { format: 'idx', columns: [column, labels.column], warnings, linkedFiles: [labels.path] };
    }
    return { format: 'idx', columns: [column], warnings };
  },
};

/** True for names of the MNIST family, such as train-images-idx3-ubyte; a wrong magic number is then an error. */
export function namedIdx(name: string): boolean {
  return (
    /[-.]idx\d-?(ubyte|byte|short|int|float|double)?$/.test(plainName(name)) ||
    /-ubyte$/.test(plainName(name))
  );
}

async function readArray(source: ByteSource): Promise<Column> {
  const bytes = source.compression === 'gzip' || source.bytes > source.head.length ? null : source.head;
  const { dims, type, start } = readHeader(source);
  const count = dims.reduce((product, d) => product * d, 1);
  checkDeclared(source.name, count * type.bytes, source.bytes, dims);
  const content = bytes ?? (await source.readAll());
  const expected = start + count * type.bytes;
  if (content.length < expected) throw truncated(source.name, content.length, expected);
  if (content.length > expected)
    throw new MongeError({
      code: 'trailing-bytes',
      what: 'the file goes on after the last value its header declares',
      where: { file: source.name, byte: expected },
      got: `${content.length - expected} more bytes`,
      expected: `${dims.join('×')} values and nothing else`,
    });
  return toColumn(plainName(source.name), dims, type, content.subarray(start));
}

function readHeader(source: ByteSource): { dims: number[]; type: Type; start: number } {
  const { head, name: file } = source;
  const type = TYPES[head[2]!];
  if (head[0] !== 0 || head[1] !== 0 || !type || !(head[3]! >= 1 && head[3]! <= 8))
    throw new MongeError({
      code: 'wrong-magic',
      what: 'the file does not begin like an IDX file',
      where: { file, byte: 0 },
      got: [...head.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' '),
      expected: '00 00, a type from 08 to 0e, and 1 to 8 dimensions',
    });
  const start = 4 + 4 * head[3]!;
  if (head.length < start) throw truncated(file, head.length, start);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const dims = Array.from({ length: head[3]! }, (_, i) => view.getUint32(4 + 4 * i));
  return { dims, type, start };
}

function toColumn(name: string, dims: readonly number[], type: Type, content: Uint8Array): Column {
  const rows = dims[0]!;
  const width = dims.slice(1).reduce((product, d) => product * d, 1);
  const count = rows * width;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (dims.length === 1) {
    const values = Float64Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
    return numberColumn(
      name.includes('label') ? 'label' : 'value',
      wholeType(type) ? 'integer' : 'number',
      values,
    );
  }
  const image = imageShape(dims);
  if (image && type === TYPES[0x08]) return imageColumn('image', image, content.subarray(0, count));
  const values = Float32Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
  return vectorColumn('vector', width, values);
}

function wholeType(type: Type): boolean {
  return type !== TYPES[0x0d] && type !== TYPES[0x0e];
}

function imageShape(dims: readonly number[]): ImageShape | null {
  const [, height = 0, width = 0, channels = 1] = dims;
  const sensible = dims.length === 3 || (dims.length === 4 && (channels === 1 || channels === 3));
  return sensible && height > 1 && width > 1 ? { height, width, channels } : null;
}

/** The labels file of the same set (train-images-idx3-ubyte → train-labels-idx1-ubyte), if it lies beside. */
async function siblingLabels(
  source: ByteSource,
  rows: number,
  warnings: DatasetWarning[],
): Promise<{ column: Column; path: string } | null> {
  const wanted = plainName(source.name).replace('images', 'labels').replace('idx3', 'idx1');
  if (wanted === plainName(source.name)) return null;
  const folder = dirname(source.path);
  const found = (await readdir(folder).catch(() => [] as string[]))
    .sort()
    .find((name) => plainName(name) === wanted);
  if (found === undefined) return null;
  try {
    const path = join(folder, found);
    // Nobody named this file: a link is followed no further than to where the images lie.
    const real = await realpath(path);
    const places = [await realpath(folder), dirname(await realpath(source.path))];
    if (!places.some((place) => isBelow(place, real))) {
      warnings.push({
        code: 'labels-skipped',
        message: `${found} lies beside but is a link that leaves the folder; not used`,
      });
      return null;
    }
    const labels = await readArray(await openSource(path));
    if (labels.kind !== 'integer' || labels.rows !== rows) {
      warnings.push({
        code: 'labels-skipped',
        message: `${found} lies beside but holds ${labels.rows} ${labels.kind} values for ${rows} images; not used`,
      });
      return null;
    }
    warnings.push({
      code: 'labels-joined',
      message: `the labels were read from ${found} in the same folder`,
    });
    return { column: { ...labels, name: 'label' }, path };
  } catch (error) {
    warnings.push({
      code: 'labels-skipped',
      message: `${found} lies beside but could not be read (${error instanceof MongeError ? error.code : String(error)})`,
    });
    return null;
  }
}
