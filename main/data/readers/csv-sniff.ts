/** @file Guesses the dialect of a delimited text from its first lines: delimiter, header, decimal comma. */
import { parse } from 'csv-parse/sync';
import { hasDecimalComma, isMissingWord, textCells } from '../cells';

export interface Dialect {
  delimiter: string;
  /** Column names from the first row, or null when the first row is data. */
  names: string[] | null;
  decimalComma: boolean;
  /** Columns of the first row. */
  width: number;
}

const CANDIDATES = [',', '\t', ';', '|'];
const SAMPLE_LINES = 50;

/** The dialect of the text; `preferred` breaks ties (a .tsv prefers tabs). */
export function sniffDialect(text: string, preferred: string): Dialect {
  const delimiter = sniffDelimiter(text, preferred);
  const sample = sampleRows(text, delimiter);
  const first = sample[0] ?? [];
  const names = isHeader(sample) ? columnNames(first) : null;
  const body = (names ? sample.slice(1) : sample).flat();
  const decimalComma =
    delimiter !== ',' &&
    body.some(hasDecimalComma) &&
    !body.some((cell) => /^\s*[+-]?\d*\.\d+\s*$/.test(cell));
  return { delimiter, names, decimalComma, width: first.length };
}

/** The candidate that splits the first lines into the same number (over one) of fields most often. */
function sniffDelimiter(text: string, preferred: string): string {
  let best = preferred;
  let bestScore = 0;
  for (const delimiter of CANDIDATES) {
    const widths = sampleRows(text, delimiter).map((row) => row.length);
    const width = widths[0] ?? 0;
    if (width < 2) continue;
    const agreement = widths.filter((w) => w === width).length / widths.length;
    // Agreement over lines matters most; the preferred delimiter, then more columns, decide between equals.
    const score = agreement * 100 + (delimiter === preferred ? 10 : 0) + Math.min(width, 100) / 100;
    if (agreement > 0.5 && score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

/** True when text without a telling extension is a table of numbers. */
export function looksLikeNumberTable(text: string): boolean {
  const delimiter = sniffDelimiter(text, ',');
  const sample = sampleRows(text, delimiter);
  const width = sample[0]?.length ?? 0;
  if (sample.length < 2 || width < 2 || sample.some((row) => row.length !== width)) return false;
  const body = sample.slice(1).flat();
  return body.filter(isNumeric).length > body.length / 2;
}

function sampleRows(text: string, delimiter: string): string[][] {
  const rows = parse(text, {
    delimiter,
    to: SAMPLE_LINES,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  });
  // The text may have been cut inside the last row.
  return rows.length > 2 ? rows.slice(0, -1) : rows;
}

const cells = textCells();
const commaCells = textCells(true);

function isNumeric(cell: string): boolean {
  return cells.number(cell) !== undefined || commaCells.number(cell) !== undefined;
}

/** A first row of words is a header; one with a number in it is data, except a plain count 0, 1, 2, … */
function isHeader(sample: readonly string[][]): boolean {
  const first = sample[0] ?? [];
  if (first.length >= 3 && first.every((cell, i) => cell.trim() === String(i))) return true;
  if (first.some((cell) => isNumeric(cell))) return false;
  return first.some((cell) => !isMissingWord(cell));
}

function columnNames(first: readonly string[]): string[] {
  return first.map((cell, i) => cell.trim() || `column_${i + 1}`);
}
