/** @file The one error type of the project: a stable code, and a message that says what, where, got, expected, help. */

/** Where something went wrong. Give every part that is known; line and row numbers count from 1. */
export interface Place {
  file?: string;
  line?: number;
  row?: number;
  column?: string | number;
  byte?: number;
  tensor?: string;
  op?: string;
  /** A configuration key, an RPC method or any other named spot. */
  key?: string;
}

export interface ErrorDetail {
  /** Stable, kebab-case, tested; prose may change, codes may not. */
  code: string;
  /** Who has to act: whoever gave the input, or whoever keeps the machine and the program. See `blamesInput`. */
  blame?: 'input' | 'machine';
  what: string;
  where?: Place;
  got?: string;
  expected?: string;
  help?: string;
}

/** Thrown for every failure that a person can act on; crosses RPC as its plain `detail`. */
export class MongeError extends Error {
  readonly code: string;
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail, options?: { cause?: unknown }) {
    super(formatError(detail), options);
    this.name = 'MongeError';
    this.code = detail.code;
    this.detail = detail;
  }
}

/** `code: what — where; got X, expected Y` and, on its own line, the help. */
export function formatError(detail: ErrorDetail): string {
  const place = detail.where ? formatPlace(detail.where) : '';
  const got = detail.got === undefined ? '' : `got ${detail.got}`;
  const expected = detail.expected === undefined ? '' : `expected ${detail.expected}`;
  const facts = [got, expected].filter(Boolean).join(', ');
  const head = `${detail.code}: ${detail.what}${place ? ` — ${place}` : ''}${facts ? `; ${facts}` : ''}`;
  return detail.help ? `${head}\n  help: ${detail.help}` : head;
}

function formatPlace(place: Place): string {
  const parts: string[] = [];
  if (place.file !== undefined)
    parts.push(place.line === undefined ? place.file : `${place.file}:${place.line}`);
  else if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  if (place.byte !== undefined) parts.push(`byte ${place.byte}`);
  if (place.tensor !== undefined) parts.push(`tensor ${place.tensor}`);
  if (place.op !== undefined) parts.push(`op ${place.op}`);
  if (place.key !== undefined) parts.push(place.key);
  return parts.join(', ');
}

/** The plain detail of any thrown value; what is not ours becomes `internal` with its own message. */
export function errorDetail(thrown: unknown): ErrorDetail {
  if (thrown instanceof MongeError) return thrown.detail;
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', blame: 'machine', what };
}

/**
 * Whether what a person gave is to blame. An error that does not say so itself falls to the likelier: before and beside
 * a run only the input was looked at; inside one the input had been accepted, so it is a failure unless a file is named.
 */
export function blamesInput(detail: ErrorDetail, when: 'before a run' | 'in a run'): boolean {
  if (detail.blame !== undefined) return detail.blame === 'input';
  return when === 'before a run' || detail.where?.file !== undefined;
}
