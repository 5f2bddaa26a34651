/** @file Matrices of a checkpoint as weights of the graph: rows of several side by side where they have one form. */
import { bytesOf, type MatrixRows, type WeightBook } from '../weight-book';
import type { WeightSource } from '../weights';
import {
  BLOCK,
  eightBitForm,
  fourBitForm,
  isEightBit,
  isFourBit,
  requantised,
  twoFourBitForms,
  type BlockForm,
} from './block-forms';
import { matrixForm, type MatrixForm, type NumericLevel } from './level';
import { madeOnce } from './weight-list';

/** Rows of matrices of one form, one below the other, [rows, columns]. */
export interface Matrix extends MatrixForm {
  rows: number;
  columns: number;
  /** The graph's names: of the values, or of integers (for 'two-four' of the upper halves), scales and offsets. */
  values: string;
  scales: string;
  offsets: string;
  /** Of 'two-four': the lower halves. */
  low: string;
  lowScales: string;
  /** Zero points 0 of the lower halves. */
  lowZeros: string;
}

/**
 * The matrices as they will lie in the graph, neighbours of one form in one. They are read when the file is written.
 * `name` is the beginning of the new names.
 */
export function addMatrices(
  weights: WeightBook,
  name: string,
  parts: readonly MatrixRows[],
  level: NumericLevel,
): Matrix[] {
  const groups: { form: MatrixForm; parts: MatrixRows[]; rows: number; columns: number }[] = [];
  const { source } = weights;
  for (const part of parts) {
    const [all, columns] = source.shape(part.name) as [number, number];
    const [from, to] = part.rows ?? [0, all];
    const form = matrixForm(source.type(part.name), columns, level);
    const last = groups.at(-1);
    if (last && sameForm(last.form, form)) {
      last.parts.push(part);
      last.rows += to - from;
    } else groups.push({ form, parts: [part], rows: to - from, columns });
  }
  return groups.map(({ form, parts: own, rows, columns }, k) =>
    addMatrix(weights, groups.length === 1 ? name : `${name}.${k}`, own, { ...form, rows, columns }),
  );
}

function addMatrix(
  weights: WeightBook,
  name: string,
  parts: readonly MatrixRows[],
  shape: MatrixForm & { rows: number; columns: number },
): Matrix {
  const { source } = weights;
  const { kind, minimum, rows, columns } = shape;
  weights.requantised ||= shape.requantised;
  const blocks = columns / BLOCK;
  const matrix: Matrix = {
    ...shape,
    values: '',
    scales: '',
    offsets: '',
    low: '',
    lowScales: '',
    lowZeros: '',
  };
  if (kind === 'fp32') {
    matrix.values = weights.add(name, 'float32', [rows, columns], async () =>
      bytesOf(await widenedRows(source, parts)),
    );
    return matrix;
  }
  const made = async () => joined(await Promise.all(parts.map((part) => formOf(source, part))));
  const form = madeOnce(kind === 'two-four' ? 1 + Number(minimum) : 2 + Number(minimum), made);
  const halves = madeOnce(4, async () => twoFourBitForms(await form()));
  const add = (
    suffix: string,
    type: 'uint8' | 'float32',
    dims: number[],
    values: () => Promise<Float32Array | Uint8Array>,
  ) => weights.add(`${name}.${suffix}`, type, dims, async () => bytesOf(await values()));
  if (minimum)
    matrix.offsets = add('offsets', 'float32', [rows, blocks], async () => (await form()).offsets!);
  if (kind === 'two-four') {
    const half = [rows, blocks, 16];
    matrix.values = add('high', 'uint8', half, async () => (await halves()).high.integers);
    matrix.scales = add('high_scales', 'float32', [rows, blocks], async () => (await halves()).high.scales);
    matrix.low = add('low', 'uint8', half, async () => (await halves()).low.integers);
    matrix.lowScales = add('low_scales', 'float32', [rows, blocks], async () => (await halves()).low.scales);
    const zeros = rows * Math.ceil(blocks / 2);
    matrix.lowZeros = add('low_zeros', 'uint8', [zeros], async () => new Uint8Array(zeros));
    return matrix;
  }
  const bytes = kind === 'four' ? 16 : BLOCK;
  matrix.values = add('integers', 'uint8', [rows, blocks, bytes], async () => (await form()).integers);
  matrix.scales = add('scales', 'float32', [rows, blocks], async () => (await form()).scales);
  return matrix;
}

async function formOf(source: WeightSource, { name, rows }: MatrixRows): Promise<BlockForm> {
  const type = source.type(name);
  const [all, columns] = source.shape(name) as [number, number];
  const cut = <T extends Uint8Array | Float32Array>(data: T): T =>
    (rows ? data.subarray((data.length / all) * rows[0], (data.length / all) * rows[1]) : data) as T;
  if (columns % BLOCK === 0) {
    if (isFourBit(type)) return fourBitForm(type, cut(await source.bytes(name)));
    if (isEightBit(type)) return eightBitForm(type, cut(await source.bytes(name)));
  }
  return requantised(cut(await source.float32(name)));
}

async function widenedRows(source: WeightSource, parts: readonly MatrixRows[]): Promise<Float32Array> {
  const read: Float32Array[] = [];
  for (const { name, rows } of parts) {
    const columns = source.shape(name)[1]!;
    const values = await source.float32(name);
    read.push(rows ? values.subarray(rows[0] * columns, rows[1] * columns) : values);
  }
  return read.length === 1 ? read[0]! : concatenated(read, Float32Array);
}

function joined(forms: readonly BlockForm[]): BlockForm {
  if (forms.length === 1) return forms[0]!;
  return {
    integers: concatenated(
      forms.map(({ integers }) => integers),
      Uint8Array,
    ),
    scales: concatenated(
      forms.map(({ scales }) => scales),
      Float32Array,
    ),
    offsets:
      forms[0]!.offsets &&
      concatenated(
        forms.map(({ offsets }) => offsets!),
        Float32Array,
      ),
  };
}

function concatenated<T extends Float32Array | Uint8Array>(
  parts: readonly T[],
  array: new (length: number) => T,
): T {
  const all = new array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function sameForm(a: MatrixForm, b: MatrixForm): boolean {
  return a.kind === b.kind && a.minimum === b.minimum && a.requantised === b.requantised;
}
