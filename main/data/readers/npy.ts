/** @file NPY files, and the choice of columns for an array of any shape. */
import { MongeError } from '../../../native-models/error';
import {
  decodeNpy,
  elementBytes,
  NPY_MAGIC,
  parseNpyHeader,
  type ElementType,
  type NpyHeader,
  type TensorData,
} from '../../../native-models';
import { numberColumn, summariseColumn, vectorColumn, type Column } from '../column';
import { imageColumn, pixelRange } from '../image-column';
import type { DatasetWarning, ImageShape } from '../../contract/data';
import { checkDeclared } from '../limits';
import { inexactWarning } from './csv';
import { startsWith, type Reader } from './reader';

/** Matrices up to this wide become one column per coordinate; wider ones one vector column. */
const MAXIMUM_SCALAR_COLUMNS = 32;

/** The values of an array as columns hold them: bytes stay bytes, f16 and f32 are float32, all else is float64. */
export interface NpyArray {
  shape: readonly number[];
  type: ElementType;
  values: Uint8Array | Float32Array | Float64Array;
}

export const npyReader: Reader = {
  format: 'npy',
  extensions: ['npy'],
  match: (head) => startsWith(head, NPY_MAGIC),
  async open(source) {
    // The header is judged on the head alone, before the file is read or anything allocated.
    const header = readHeader(source.name, source.head, source.bytes);
    const array = readValues(source.name, await source.readAll(), header);
    const warnings: DatasetWarning[] = [];
    return { format: 'npy', columns: arrayColumns(source.name, 'x', array, warnings), warnings };
  },
};

/** The header of an array in a file, or an entry, of `stored` bytes. Throws `header-too-large` for one that promises more. */
export function readHeader(file: string, head: Uint8Array, stored: number): NpyHeader {
  const header = parseNpyHeader(head, file);
  checkDeclared(file, header.count * elementBytes[header.type], stored, header.shape);
  return header;
}

export function readValues(file: string, bytes: Uint8Array, header: NpyHeader): NpyArray {
  const { data, shape } = decodeNpy(bytes, file, header);
  const { type } = header;
  const kept = type !== 'bool' && (data instanceof Uint8Array || data instanceof Float32Array);
  return { shape, type, values: kept ? data : toDoubles(data) };
}

/** The columns of one array: [n], [n, d], [n, h, w], [n, h, w, c] or [n, c, h, w]; other shapes as vectors. */
export function arrayColumns(
  file: string,
  name: string,
  array: NpyArray,
  warnings: DatasetWarning[],
): Column[] {
  const { shape, values, type } = array;
  const rows = shape[0];
  if (rows === undefined)
    throw new MongeError({
      code: 'no-rows',
      blame: 'input',
      what: 'the array is a single number',
      where: { file, key: name },
      got: 'shape ()',
      expected: 'at least one dimension; the first one counts the rows',
    });
  const width = shape.slice(1).reduce((product, d) => product * d, 1);
  if (type === 'int64' || type === 'uint64') {
    let inexact = 0;
    for (const value of values) if (!Number.isSafeInteger(value)) inexact += 1;
    if (inexact > 0) warnings.push(inexactWarning(name, inexact));
  }
  if (rows === 0 || width === 0) return [vectorColumn(name, 0, new Float32Array(0))];
  if (width === 1) return [scalar(name, array, 0, 1)];
  const image = asImage(name, array);
  if (image) return [image];
  if (shape.length === 2 && width <= MAXIMUM_SCALAR_COLUMNS)
    return Array.from({ length: width }, (_, k) => scalar(`${name}${k + 1}`, array, k, width));
  return [vectorColumn(name, width, values instanceof Float32Array ? values : Float32Array.from(values))];
}

function scalar(name: string, { values, type, shape }: NpyArray, offset: number, width: number): Column {
  const column = Float64Array.from({ length: shape[0]! }, (_, row) => values[row * width + offset]!);
  return numberColumn(
    name,
    type === 'bool' ? 'boolean' : type.startsWith('float') ? 'number' : 'integer',
    column,
  );
}

/** An image column when the shape and the range of the values both look like pictures. */
function asImage(name: string, { shape, values, type }: NpyArray): Column | null {
  const layout = imageLayout(shape);
  if (!layout) return null;
  const { image, channelsFirst } = layout;
  if (values instanceof Uint8Array)
    return imageColumn(name, image, channelsFirst ? channelsLast(values, shape) : values);
  if (!type.startsWith('float')) return null;
  const { statistics, nonFinite } = summariseColumn(values);
  const { minimum, maximum } = statistics;
  if (minimum === undefined || maximum === undefined || nonFinite > 0) return null;
  const range = pixelRange(minimum, maximum);
  if (!range) return null;
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return imageColumn(name, image, channelsFirst ? channelsLast(floats, shape) : floats, range);
}

function imageLayout(shape: readonly number[]): { image: ImageShape; channelsFirst: boolean } | null {
  const [, a = 0, b = 0, c = 1] = shape;
  const side = (n: number) => n >= 4 && n <= 4096;
  const channels = (n: number) => n === 1 || n === 3;
  if (shape.length === 3 && side(a) && side(b))
    return { image: { height: a, width: b, channels: 1 }, channelsFirst: false };
  if (shape.length !== 4) return null;
  if (side(a) && side(b) && channels(c))
    return { image: { height: a, width: b, channels: c }, channelsFirst: false };
  if (channels(a) && side(b) && side(c))
    return { image: { height: b, width: c, channels: a }, channelsFirst: true };
  return null;
}

/** [n, c, h, w] to [n, h, w, c]. */
function channelsLast<A extends Uint8Array | Float32Array>(values: A, shape: readonly number[]): A {
  const [rows = 0, channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const out = values.slice() as A;
  for (let row = 0; row < rows; row += 1)
    for (let c = 0; c < channels; c += 1)
      for (let p = 0; p < plane; p += 1)
        out[(row * plane + p) * channels + c] = values[(row * channels + c) * plane + p]!;
  return out;
}

function toDoubles(data: TensorData): Float64Array {
  if (data instanceof Float64Array) return data;
  const values = new Float64Array(data.length);
  for (let i = 0; i < values.length; i += 1) values[i] = Number(data[i]!);
  return values;
}
