/** @file Rows to be projected: what is checked of them first, their means, and which of them are equal. */
import { MongeError } from '../../native-models/error';
import type { RowMatrix } from '../contract/projection';

/** The most rows that are projected, and the most columns. */
const LARGEST_ROWS = 1_000_000;
const LARGEST_COLUMNS = 65_536;

/** What is taken off rows and multiplied onto them, so that squares of 32-bit numbers neither lose the offset nor overflow. */
export interface Centring {
  /** [columns] in double precision. */
  mean: Float64Array;
  /** A power of two that brings the largest deviation to about 1; 1 where all rows are equal. */
  scale: number;
  /** Σ over columns of the variance, divisor rows − 1; 0 for a single row. */
  totalVariance: number;
}

/**
 * Looks at every number once, then once more around the mean.
 * @throws `projection-not-finite` naming row and column (counted from 1), `projection-empty`, `projection-too-large`, `projection-shape`.
 */
export function centringOf(matrix: RowMatrix): Centring {
  checkShape(matrix);
  const { data, rows, columns } = matrix;
  // Around the first row, so that a constant column has exactly its value as mean, and deviation 0.
  const first = Float64Array.from(data.subarray(0, columns));
  const mean = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++, at++) {
      const value = data[at]!;
      sum += value;
      mean[column]! += value - first[column]!;
    }
    if (!Number.isFinite(sum)) throw notFinite(matrix, row);
  }
  for (let column = 0; column < columns; column++) mean[column] = first[column]! + mean[column]! / rows;
  let square = 0;
  let largest = 0;
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const deviation = data[at]! - mean[column]!;
      square += deviation * deviation;
      if (deviation > largest) largest = deviation;
      else if (-deviation > largest) largest = -deviation;
    }
  const exponent = largest > 0 ? Math.max(-120, Math.min(120, -Math.floor(Math.log2(largest)))) : 0;
  return { mean, scale: 2 ** exponent, totalVariance: rows > 1 ? square / (rows - 1) : 0 };
}

function checkShape({ data, rows, columns }: RowMatrix): void {
  const got = `${rows} rows × ${columns} columns, ${data.length} numbers`;
  if (rows < 1 || columns < 1)
    throw new MongeError({
      code: 'projection-empty',
      blame: 'input',
      what: 'there are no rows to project',
      got,
    });
  if (data.length !== rows * columns)
    throw new MongeError({ code: 'projection-shape', what: 'the numbers do not fill the matrix', got });
  if (rows > LARGEST_ROWS || columns > LARGEST_COLUMNS)
    throw new MongeError({
      code: 'projection-too-large',
      blame: 'input',
      what: 'the matrix is too large to be projected',
      got,
      expected: `at most ${LARGEST_ROWS} rows × ${LARGEST_COLUMNS} columns`,
    });
}

function notFinite({ data, columns }: RowMatrix, row: number): MongeError {
  const values = data.subarray(row * columns, (row + 1) * columns);
  const column = values.findIndex((value) => !Number.isFinite(value));
  return new MongeError({
    code: 'projection-not-finite',
    blame: 'input',
    what: 'a row to be projected holds what is not a number',
    where: { row: row + 1, column: column + 1 },
    got: String(values[column]),
    expected: 'finite numbers',
    help: 'leave the row out, or look at the hook that it was captured from',
  });
}

/** Which rows are there more than once: places are found for one of each. */
export interface DistinctRows {
  /** The first row of each kind, ascending. */
  first: Int32Array;
  /** [rows] the kind of each row. */
  kind: Int32Array;
}

/** Rows compared bit for bit. */
export function distinctRows({ data, rows, columns }: RowMatrix): DistinctRows {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const byHash = new Map<number, number[]>();
  const kind = new Int32Array(rows);
  const first: number[] = [];
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let hash = 0x811c9dc5;
    for (let at = start; at < start + columns; at++)
      hash = Math.imul(hash ^ bits[at]!, 0x01000193) ^ (hash >>> 15);
    const candidates = byHash.get(hash);
    const found = candidates?.find((other) => equalRows(bits, first[other]! * columns, start, columns));
    if (found !== undefined) {
      kind[row] = found;
      continue;
    }
    kind[row] = first.length;
    if (candidates) candidates.push(first.length);
    else byHash.set(hash, [first.length]);
    first.push(row);
  }
  return { first: Int32Array.from(first), kind };
}

function equalRows(bits: Uint32Array, left: number, right: number, columns: number): boolean {
  for (let k = 0; k < columns; k++) if (bits[left + k] !== bits[right + k]) return false;
  return true;
}
