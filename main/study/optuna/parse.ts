/** @file The lines of Optuna's journal file. They are not strict JSON: numbers may be `NaN`, `Infinity` and `-Infinity`. */
import { MongeError } from '../../../native-models/error';
import type { Json } from '../../contract/schema';

export type OptunaRecord = Record<string, Json>;

/** Texts, so that words within them stay as they are, and the numbers that JSON lacks. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** JSON in which numbers that JSON lacks have become words of that name. @throws `SyntaxError` */
export function parseTolerant(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(WORDS, (word) => (word.startsWith('"') ? word : `"${word}"`)));
  }
}

/** JSON as Python writes it: numbers that JSON lacks are bare. */
export function formatTolerant(value: unknown): string {
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : numberText(value);
  if (Array.isArray(value)) return `[${value.map(formatTolerant).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, own]) => `${JSON.stringify(key)}:${formatTolerant(own)}`);
  return `{${parts.join(',')}}`;
}

const numberText = (value: number) => (Number.isFinite(value) ? JSON.stringify(value) : String(value));

/**
 * Every record of a journal; a last line without its end is left out, as Optuna does.
 * @throws `optuna-journal-invalid` with the row
 */
export function parseJournal(text: string, file: string): OptunaRecord[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  return lines.map((line, at) => {
    let value: unknown = null;
    try {
      value = parseTolerant(line);
    } catch {
      // Told below.
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && 'op_code' in value)
      return value as OptunaRecord;
    throw notAJournal(file, at + 1, line);
  });
}

/** What a line that cannot be followed is told as. */
export function notAJournal(file: string, row: number, got: string): MongeError {
  return new MongeError({
    ...{ code: 'optuna-journal-invalid', blame: 'input', where: { file, row } },
    what: 'this is no line of an Optuna journal',
    got: got.length > 80 ? `${got.slice(0, 80)}…` : got,
    expected: 'the file of JournalFileBackend of Optuna 4 or 5',
  });
}
