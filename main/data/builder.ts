/** @file Grows one column from a stream of raw cells: looks at the first rows, decides what it is, then stores it typed. */
import type { CellReader } from './cells';
import {
  categoryColumn,
  numberColumn,
  textColumn,
  vectorColumn,
  type Column,
  type NumberKind,
} from './column';
import { growing, type Growing } from './growing';
import { MAXIMUM_CATEGORIES } from './limits';

/** Cells kept raw before the kind is decided. */
const UNDECIDED_ROWS = 4096;
/** Longer words are prose, not categories. */
const CATEGORY_LENGTH = 100;

export interface ColumnBuilder<T> {
  readonly length: number;
  /**
   * True once a cell did not fit what the first rows looked like. What was stored is then not
   * to be used: read the file again with this column built as text, so that no cell is lost.
   */
  readonly conflict: boolean;
  push(cell: T): void;
  pushMissing(count: number): void;
  /** The column, and how many whole numbers were too large to be held exactly. */
  finish(): { column: Column; inexact: number };
}

/** A builder for one column; `asText` skips the guess. */
export function columnBuilder<T>(name: string, cells: CellReader<T>, asText = false): ColumnBuilder<T> {
  let waiting: (T | undefined)[] = [];
  let store: Store<T> | undefined = asText ? textStore(name, cells) : undefined;
  let conflict = false;
  let length = 0;

  function decide(): Store<T> {
    const chosen = storeFor(name, waiting, cells);
    for (const cell of waiting) put(chosen, cell);
    waiting = [];
    return chosen;
  }
  function put(into: Store<T>, cell: T | undefined) {
    if (cell === undefined) into.missing();
    else if (!into.put(cell)) {
      conflict = true;
      into.missing();
    }
  }
  function add(cell: T | undefined) {
    length += 1;
    if (store) put(store, cell);
    else {
      waiting.push(cell);
      if (waiting.length === UNDECIDED_ROWS) store = decide();
    }
  }
  return {
    get length() {
      return length;
    },
    get conflict() {
      return conflict;
    },
    push: (cell) => add(cells.isMissing(cell) ? undefined : cell),
    pushMissing(count) {
      for (let i = 0; i < count; i += 1) add(undefined);
    },
    finish() {
      store ??= decide();
      return store.finish();
    },
  };
}

/** Storage of one kind; `put` returns false for a cell that is not of this kind. */
interface Store<T> {
  put(cell: T): boolean;
  missing(): void;
  finish(): { column: Column; inexact: number };
}

function storeFor<T>(name: string, first: readonly (T | undefined)[], cells: CellReader<T>): Store<T> {
  const present = first.filter((cell): cell is T & {} => cell !== undefined);
  const all = (reads: (cell: T) => unknown) => present.every((cell) => reads(cell) !== undefined);
  if (all(cells.number)) return scalarStore(name, 'number', cells.number);
  if (all(cells.boolean)) return scalarStore(name, 'boolean', cells.boolean);
  if (all(cells.date)) return scalarStore(name, 'date', cells.date);
  const width = cells.vector(present[0]!)?.length;
  if (width !== undefined && present.every((cell) => cells.vector(cell)?.length === width))
    return vectorStore(name, width, cells);
  return textStore(name, cells);
}

function scalarStore<T>(name: string, kind: NumberKind, read: (cell: T) => number | undefined): Store<T> {
  const values = growing(Float64Array);
  let whole = kind === 'number';
  let inexact = 0;
  return {
    put(cell) {
      const value = read(cell);
      if (value === undefined) return false;
      if (!Number.isInteger(value)) whole &&= !Number.isFinite(value);
      else if (kind === 'number' && !Number.isSafeInteger(value) && Math.abs(value) < 1e38) inexact += 1;
      values.push(value);
      return true;
    },
    missing: () => values.push(NaN),
    finish() {
      const array = values.finish();
      const empty = array.every(Number.isNaN);
      return {
        column: numberColumn(name, whole && !empty ? 'integer' : kind, array),
        inexact: whole ? inexact : 0,
      };
    },
  };
}

function vectorStore<T>(name: string, width: number, cells: CellReader<T>): Store<T> {
  const values: Growing<Float32Array> = growing(Float32Array);
  return {
    put(cell) {
      const vector = cells.vector(cell);
      if (vector?.length !== width) return false;
      for (const value of vector) values.push(value);
      return true;
    },
    missing() {
      for (let k = 0; k < width; k += 1) values.push(NaN);
    },
    finish: () => ({ column: vectorColumn(name, width, values.finish()), inexact: 0 }),
  };
}

/** Words as codes while there are few different ones, as strings once there are many. */
function textStore<T>(name: string, cells: CellReader<T>): Store<T> {
  const codes = growing(Int32Array);
  const known = new Map<string, number>();
  let texts: (string | null)[] | undefined;
  let longest = 0;

  function spill(): (string | null)[] {
    const words = [...known.keys()];
    return Array.from(codes.finish(), (code) => (code < 0 ? null : words[code]!));
  }
  return {
    put(cell) {
      const word = cells.text(cell);
      if (texts) {
        texts.push(word);
        return true;
      }
      let code = known.get(word);
      if (code === undefined) {
        code = known.size;
        known.set(word, code);
        longest = Math.max(longest, word.length);
        if (known.size > MAXIMUM_CATEGORIES) {
          texts = spill();
          texts.push(word);
          return true;
        }
      }
      codes.push(code);
      return true;
    },
    missing() {
      if (texts) texts.push(null);
      else codes.push(-1);
    },
    finish() {
      if (texts) return { column: textColumn(name, texts), inexact: 0 };
      const repeated = known.size * 2 <= codes.length || known.size <= 2;
      if (!repeated || longest > CATEGORY_LENGTH || known.size === 0)
        return { column: textColumn(name, spill()), inexact: 0 };
      return { column: sortedCategories(name, codes.finish(), [...known.keys()]), inexact: 0 };
    },
  };
}

/** Categories in alphabetical (numbers: numerical) order, so that codes do not depend on the order of rows. */
function sortedCategories(name: string, codes: Int32Array, words: readonly string[]): Column {
  const order = words.map((_, i) => i).sort((a, b) => compareWords(words[a]!, words[b]!));
  const rank = new Int32Array(words.length);
  order.forEach((old, position) => (rank[old] = position));
  return categoryColumn(
    name,
    codes.map((code) => (code < 0 ? -1 : rank[code]!)),
    order.map((i) => words[i]!),
  );
}

/** Numbers by value, words by code unit: the same order on every machine, whatever its locale. */
export function compareWords(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference) && difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}
