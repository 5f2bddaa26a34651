/** @file Failures as the view sees them: an Error that carries the engine's plain `ErrorDetail`. */
import type { ErrorDetail, Place } from '../../main/rpc/contract';

export class EngineError extends Error {
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail) {
    super(detail.what);
    this.name = 'EngineError';
    this.detail = detail;
  }
}

/** Any thrown value as an `EngineError`; what carries no detail becomes `internal` with its own message. */
export function asEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  return new EngineError(detailOf(thrown));
}

/** The plain detail of anything thrown or sent over the wire. */
export function detailOf(thrown: unknown): ErrorDetail {
  if (typeof thrown === 'object' && thrown !== null) {
    if ('detail' in thrown && isDetail(thrown.detail)) return thrown.detail;
    if (isDetail(thrown)) return thrown;
    if ('message' in thrown && typeof thrown.message === 'string') {
      return { code: 'internal', what: thrown.message };
    }
  }
  return { code: 'internal', what: String(thrown) };
}

/** The place of an error as a person reads it: `ring.csv, line 12, column x`. */
export function placeText(place: Place | undefined): string {
  if (!place) return '';
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(place.file);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  if (place.byte !== undefined) parts.push(`byte ${place.byte}`);
  if (place.tensor !== undefined) parts.push(`tensor ${place.tensor}`);
  if (place.op !== undefined) parts.push(`op ${place.op}`);
  if (place.key !== undefined) parts.push(place.key);
  return parts.join(', ');
}

function isDetail(value: unknown): value is ErrorDetail {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'what' in value &&
    typeof value.what === 'string'
  );
}
