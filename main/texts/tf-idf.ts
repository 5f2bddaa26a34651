/** @file Texts as weighted counts of words (TF-IDF), as scikit-learn counts them, in sparse rows that a solver multiplies. */
import type { RowsOperator } from '../numerics/rows-operator';
import { wordsOf } from './words';

export interface TfIdfOptions {
  /** Words in a row that count as one feature, from 1. Default [1, 2]. */
  words?: readonly [least: number, most: number];
  /** Features must be in at least this many texts. Default 1. */
  fewestTexts?: number;
  /** The most frequent features that are kept. Default 50,000. */
  features?: number;
}

/** Rows with few entries that are not 0: row r has the columns[k] and values[k] for starts[r] ≤ k < starts[r + 1]. */
export interface SparseRows extends RowsOperator {
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

/** Learned on some texts, applied to any: count · (ln((1 + n)/(1 + texts with it)) + 1), each row of length 1. */
export class TfIdf {
  /** Columns by feature. */
  readonly #columns: ReadonlyMap<string, number>;
  readonly #weights: Float64Array;
  readonly #words: readonly [number, number];

  constructor(
    texts: readonly string[],
    { words = [1, 2], fewestTexts = 1, features = 50_000 }: TfIdfOptions = {},
  ) {
    this.#words = words;
    const inTexts = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const text of texts)
      for (const [feature, count] of countsOf(text, words)) {
        inTexts.set(feature, (inTexts.get(feature) ?? 0) + 1);
        counts.set(feature, (counts.get(feature) ?? 0) + count);
      }
    const kept = [...inTexts.keys()]
      .filter((feature) => inTexts.get(feature)! >= fewestTexts)
      .sort((a, b) => counts.get(b)! - counts.get(a)! || compare(a, b))
      .slice(0, features)
      .sort(compare);
    this.#columns = new Map(kept.map((feature, column) => [feature, column]));
    this.#weights = Float64Array.from(
      kept,
      (feature) => Math.log((1 + texts.length) / (1 + inTexts.get(feature)!)) + 1,
    );
  }

  /** Features in the order of their columns, by code point. */
  get features(): string[] {
    return [...this.#columns.keys()];
  }

  /** [texts, features]; a text without a known feature is a row of zeros. */
  rows(texts: readonly string[]): SparseRows {
    const starts = new Uint32Array(texts.length + 1);
    const indices: number[] = [];
    const values: number[] = [];
    for (const [row, text] of texts.entries()) {
      const entries = [...countsOf(text, this.#words)]
        .flatMap(([feature, count]) => {
          const column = this.#columns.get(feature);
          return column === undefined ? [] : [[column, count * this.#weights[column]!] as const];
        })
        .sort(([a], [b]) => a - b);
      const length = Math.sqrt(entries.reduce((sum, [, value]) => sum + value * value, 0));
      for (const [column, value] of entries) {
        indices.push(column);
        values.push(value / length);
      }
      starts[row + 1] = indices.length;
    }
    return sparseRows(starts, Uint32Array.from(indices), Float64Array.from(values), this.#columns.size);
  }
}

function countsOf(text: string, [least, most]: readonly [number, number]): Map<string, number> {
  const words = wordsOf(text);
  const counts = new Map<string, number>();
  for (let size = least; size <= most; size++)
    for (let at = 0; at + size <= words.length; at++) {
      const feature = words.slice(at, at + size).join(' ');
      counts.set(feature, (counts.get(feature) ?? 0) + 1);
    }
  return counts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sparseRows(
  starts: Uint32Array,
  indices: Uint32Array,
  values: Float64Array,
  columns: number,
): SparseRows {
  const rows = starts.length - 1;
  return {
    ...{ starts, indices, values, rows, columns },
    times(vector, out) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let k = starts[row]!; k < starts[row + 1]!; k++) sum += values[k]! * vector[indices[k]!]!;
        out[row] = sum;
      }
    },
    transposedTimes(vector, out) {
      out.fill(0);
      for (let row = 0; row < rows; row++)
        for (let k = starts[row]!; k < starts[row + 1]!; k++) out[indices[k]!]! += values[k]! * vector[row]!;
    },
  };
}
