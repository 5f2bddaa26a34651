/** @file One column of a data set in memory: typed storage behind a small reading interface. */
import type { Cell, ColumnKind, ImageShape } from '../contract/data';

export interface Statistics {
  missing: number;
  minimum?: number;
  maximum?: number;
  mean?: number;
  standardDeviation?: number;
  distinct?: number;
  categories?: string[];
}

/** What the table needs of a column, whatever its storage. Rows count from 0. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly rows: number;
  /** Numbers per row. */
  readonly width: number;
  readonly image?: ImageShape;
  readonly statistics: Statistics;
  /** Finite-looking cells that are infinite or too large for 32 bits; treated as missing. */
  readonly nonFinite: number;
  cell: (row: number) => Cell;
  /** Writes `width` finite numbers at `offset` and returns true, or returns false where a value is missing. */
  write?: (row: number, into: Float32Array, offset: number) => boolean;
  /** Distinct value of a row as a word, or null where missing; for label columns. */
  word?: (row: number) => string | null;
  /** Pixels 0–255 of one row, [height, width, channels]. */
  pixels?: (row: number, into: Uint8Array, offset: number) => void;
}

export type NumberKind = 'number' | 'integer' | 'boolean' | 'date';

/** The largest finite 32-bit float; anything beyond would turn into infinity in a matrix. */
const LARGEST = 3.4028234663852886e38;

/** A column of scalars. `values` holds NaN where missing; dates are milliseconds since 1970 (UTC). */
export function numberColumn(name: string, kind: NumberKind, values: Float64Array): Column {
  const summary = summariseColumn(values);
  const show = shower(kind, values);
  return {
    name,
    kind,
    rows: values.length,
    width: 1,
    statistics: {
      ...summary.statistics,
      distinct: countDistinct(values, (v) => (Number.isFinite(v) ? v : null)),
    },
    nonFinite: summary.nonFinite,
    cell: (row) => {
      const value = values[row]!;
      return Number.isNaN(value) ? null : show(value);
    },
    word: (row) => {
      const value = values[row]!;
      return Number.isFinite(value) ? String(show(value)) : null;
    },
    ...(kind !== 'date' && {
      write(row: number, into: Float32Array, offset: number) {
        const value = values[row]!;
        if (!(Math.abs(value) <= LARGEST)) return false;
        into[offset] = value;
        return true;
      },
    }),
  };
}

function shower(kind: NumberKind, values: Float64Array): (value: number) => Cell {
  if (kind === 'boolean') return (value) => (value === 1 ? 'true' : 'false');
  if (kind === 'date') {
    const wholeDays = values.every((v) => Number.isNaN(v) || v % 86_400_000 === 0);
    return (value) => new Date(value).toISOString().slice(0, wholeDays ? 10 : undefined);
  }
  // JSON has no infinity, so it travels as a word.
  return (value) => (Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf');
}

/** A column of words drawn from a list; `codes` holds -1 where missing. */
export function categoryColumn(name: string, codes: Int32Array, categories: string[]): Column {
  let missing = 0;
  for (const code of codes) if (code < 0) missing += 1;
  const word = (row: number) => (codes[row]! < 0 ? null : categories[codes[row]!]!);
  return {
    name,
    kind: 'category',
    rows: codes.length,
    width: 1,
    statistics: { missing, distinct: categories.length, categories },
    nonFinite: 0,
    cell: word,
    word,
  };
}

/** A column of free text; null where missing. */
export function textColumn(name: string, values: readonly (string | null)[]): Column {
  return {
    name,
    kind: 'text',
    rows: values.length,
    width: 1,
    statistics: {
      missing: values.reduce((sum, v) => sum + (v === null ? 1 : 0), 0),
      distinct: countDistinct(values, (v) => v),
    },
    nonFinite: 0,
    cell: (row) => values[row]!,
    word: (row) => values[row]!,
  };
}

/** A column of fixed-length vectors, row-major [rows, width]; NaN where missing. */
export function vectorColumn(name: string, width: number, values: Float32Array): Column {
  const rows = width === 0 ? 0 : values.length / width;
  const summary = summariseColumn(values);
  let missing = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let k = 0; k < width; k += 1) {
      if (!Number.isFinite(values[row * width + k]!)) {
        missing += 1;
        break;
      }
    }
  }
  return {
    name,
    kind: 'vector',
    rows,
    width,
    statistics: { ...summary.statistics, missing },
    nonFinite: summary.nonFinite,
    cell(row) {
      const start = row * width;
      if (Number.isNaN(values[start]!)) return null;
      const shown = Array.from(values.subarray(start, start + Math.min(width, 4)), (v) =>
        String(Number(v.toPrecision(4))),
      );
      return `[${shown.join(', ')}${width > 4 ? `, … ${width} numbers` : ''}]`;
    },
    write(row, into, offset) {
      const start = row * width;
      for (let k = 0; k < width; k += 1) {
        const value = values[start + k]!;
        if (!Number.isFinite(value)) return false;
        into[offset + k] = value;
      }
      return true;
    },
  };
}

/** Minimum, maximum, mean and population standard deviation of the finite values (Welford's update). */
export function summariseColumn(values: ArrayLike<number>): { statistics: Statistics; nonFinite: number } {
  let count = 0;
  let mean = 0;
  let squares = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  let nonFinite = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!(Math.abs(value) <= LARGEST)) {
      if (!Number.isNaN(value)) nonFinite += 1;
      continue;
    }
    count += 1;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const missing = values.length - count;
  if (count === 0) return { statistics: { missing }, nonFinite };
  return {
    statistics: { missing, minimum, maximum, mean, standardDeviation: Math.sqrt(squares / count) },
    nonFinite,
  };
}

/** Distinct non-null keys, counted up to 1,000; undefined above. */
function countDistinct<T>(
  values: Iterable<T>,
  key: (value: T) => number | string | null,
): number | undefined {
  const seen = new Set<number | string>();
  for (const value of values) {
    const k = key(value);
    if (k === null) continue;
    seen.add(k);
    if (seen.size > 1000) return undefined;
  }
  return seen.size;
}
