/** @file How a raw cell is read: as a number, a truth value, a date, a vector or words; one reading per kind of source. */

/** Readings of a cell of type T; `undefined` means "not that". */
export interface CellReader<T> {
  isMissing: (cell: T) => boolean;
  number: (cell: T) => number | undefined;
  boolean: (cell: T) => 0 | 1 | undefined;
  /** Milliseconds since 1970 (UTC). */
  date: (cell: T) => number | undefined;
  vector: (cell: T) => readonly number[] | undefined;
  text: (cell: T) => string;
}

const MISSING = new Set([
  '',
  'NA',
  'N/A',
  'n/a',
  'na',
  '#N/A',
  'NaN',
  'nan',
  'NAN',
  'null',
  'NULL',
  'None',
  '?',
]);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA_NUMBER = /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DATE =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** True for the words that stand for "no value" in text tables. */
export function isMissingWord(cell: string): boolean {
  return MISSING.has(cell) || (cell.length < 12 && MISSING.has(cell.trim()));
}

/** True when the whole cell is one decimal number with a comma before the fraction. */
export function hasDecimalComma(cell: string): boolean {
  return cell.includes(',') && COMMA_NUMBER.test(cell.trim());
}

/** Reads cells of text tables. With `decimalComma`, 3,14 is a number and 3.14 is not. */
export function textCells(decimalComma = false): CellReader<string> {
  const pattern = decimalComma ? COMMA_NUMBER : NUMBER;
  return {
    isMissing: isMissingWord,
    number(cell) {
      const word = cell.trim();
      if (pattern.test(word)) return Number(decimalComma ? word.replace(',', '.') : word);
      if (INFINITE.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
      return undefined;
    },
    boolean(cell) {
      const word = cell.trim().toLowerCase();
      return word === 'true' ? 1 : word === 'false' ? 0 : undefined;
    },
    date(cell) {
      const word = cell.trim();
      if (!DATE.test(word)) return undefined;
      // A time without a zone is read as UTC, so that a file means the same on every machine.
      const zoned = word.length <= 10 || /(?:Z|[+-]\d{2}:?\d{2})$/.test(word) ? word : `${word}Z`;
      const time = Date.parse(zoned.replace(' ', 'T'));
      return Number.isNaN(time) ? undefined : time;
    },
    vector: () => undefined,
    text: (cell) => cell,
  };
}

/** Reads typed values, as JSON and Parquet give them. */
export function valueCells(): CellReader<unknown> {
  const words = textCells();
  return {
    isMissing: (cell) => cell === null || cell === undefined || Number.isNaN(cell),
    number: (cell) => (typeof cell === 'number' ? cell : typeof cell === 'bigint' ? Number(cell) : undefined),
    boolean: (cell) => (cell === true ? 1 : cell === false ? 0 : undefined),
    date(cell) {
      if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : cell.getTime();
      return typeof cell === 'string' ? words.date(cell) : undefined;
    },
    vector(cell) {
      if (ArrayBuffer.isView(cell) && !(cell instanceof Uint8Array) && 'length' in cell)
        return Array.from(cell as unknown as ArrayLike<number>, Number);
      if (!Array.isArray(cell) || cell.length === 0) return undefined;
      return cell.every((v) => typeof v === 'number' || v === null)
        ? (cell as (number | null)[]).map((v) => v ?? NaN)
        : undefined;
    },
    text(cell) {
      if (typeof cell === 'string') return cell;
      if (cell instanceof Date) return cell.toISOString();
      if (cell instanceof Uint8Array) return `${cell.length} bytes`;
      return JSON.stringify(cell, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
    },
  };
}
