/** @file What projections are answered from: stored rows by source, with the ids, texts and labels that belong to them. */
import type { Labels } from '../contract/data';
import { MongeError } from '../../native-models/error';
import type { ClassColumn, RowMatrix } from '../contract/projection';
import { gatherRows } from '../numerics/gather';

/** Rows of one capture: the same rows in every source. */
export interface RowStore {
  sources: readonly { name: string; rows: number; columns: number }[];
  /** All rows of one of the sources. */
  matrix: (source: string) => Promise<RowMatrix>;
  /** [rows] */
  ids: readonly string[];
  /** [rows], or null where none are stored. */
  texts: readonly string[] | null;
  labels: Labels | null;
  /** Further columns that rows can be coloured by. */
  columns?: readonly ClassColumn[];
  /** A row's text in pieces with a unit's value at each, where the activations of every token are stored. */
  tokens?: (source: string, unit: number, row: number) => Promise<{ text: string; value: number }[] | null>;
}

/** Reads matrices as they are asked for and keeps the last `most` of them in memory. */
export function lastMatrices(
  read: (source: string) => Promise<RowMatrix>,
  most = 2,
): (source: string) => Promise<RowMatrix> {
  const kept = new Map<string, Promise<RowMatrix>>();
  return (source) => {
    const known = kept.get(source) ?? read(source);
    kept.delete(source);
    kept.set(source, known);
    known.catch(() => kept.delete(source));
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break;
      kept.delete(oldest);
    }
    return known;
  };
}

/** @throws `projection-source` for one that is not there. */
export async function sourceOf(store: RowStore, name: string): Promise<RowMatrix> {
  if (store.sources.some((source) => source.name === name)) return store.matrix(name);
  throw new MongeError({
    code: 'projection-source',
    blame: 'input',
    what: 'nothing was stored under this name',
    got: name,
    expected:
      store.sources
        .map((source) => source.name)
        .slice(0, 20)
        .join(', ') || 'something stored',
  });
}

/**
 * Rows of a class, ascending; all where none is named; with `except` those of no such class.
 * @throws `projection-no-labels` where rows have no label, `projection-class-empty` where no row is of the class.
 */
export function rowsOfClass(store: RowStore, rows: number, code: number | null, except = false): Uint32Array {
  if (code === null) return Uint32Array.from({ length: rows }, (_, row) => row);
  const { codes, names } = labelsOf(store);
  const chosen: number[] = [];
  for (let row = 0; row < rows; row++) if ((codes[row] === code) !== except) chosen.push(row);
  if (chosen.length > 0) return Uint32Array.from(chosen);
  throw new MongeError({
    code: 'projection-class-empty',
    blame: 'input',
    what: except ? 'every row is of this class' : 'no row is of this class',
    got: names[code] ?? `class ${code}`,
    expected: names.slice(0, 20).join(', '),
  });
}

/** @throws `projection-no-labels` */
export function labelsOf({ labels }: RowStore): Labels {
  if (labels) return labels;
  throw new MongeError({
    code: 'projection-no-labels',
    blame: 'input',
    what: 'these rows have no label',
    help: 'give the texts a column of labels and capture again',
  });
}

/** The named rows as a matrix; the whole one itself where they are all. */
export function takeRows(matrix: RowMatrix, rows: Uint32Array): RowMatrix {
  if (rows.length === matrix.rows) return matrix;
  return { data: gatherRows(matrix.data, matrix.columns, rows), rows: rows.length, columns: matrix.columns };
}

/** "all 2,000 rows", "30 place rows of mlp_act:1". */
export function rowsInWords(count: number, group: string | null, source: string | null): string {
  const number = count.toLocaleString('en');
  return `${group === null ? `all ${number}` : `${number} ${group}`} rows${source === null ? '' : ` of ${source}`}`;
}
