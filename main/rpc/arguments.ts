/** @file What arguments of calls are made of: every value of a view is checked by one of these. */
import * as v from 'valibot';
import type { Json } from '../contract/engine';
import type { OpenedIds } from './opened-elsewhere';
import { MAXIMUM_REQUEST_BYTES } from './wire';

export interface Argument<T> {
  name: string;
  schema: v.GenericSchema<unknown, T>;
  /** Ids in it of what was opened before, perhaps by another session. */
  opened(value: T): OpenedIds[];
}
const MAXIMUM_JSON_DEPTH = 16;

export const shortText = v.pipe(v.string(), v.maxLength(500));
// A single path segment: neither separators nor a leading dot, so that no id can leave its folder.
export const identifier = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/,
    'Invalid id: letters, digits, dot, dash and underscore only',
  ),
);
export const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4096),
  v.check((text) => !text.includes('\0'), 'Invalid path: contains a zero byte'),
);
export const fileName = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(255),
  v.check(
    (name) => !/[/\\\0]/.test(name) && name !== '.' && name !== '..',
    'Invalid name: a plain file name',
  ),
);
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const seed = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const bytes = v.pipe(
  v.instance(Uint8Array),
  v.check((array) => array.length <= MAXIMUM_REQUEST_BYTES, `at most ${MAXIMUM_REQUEST_BYTES} bytes`),
);
export const json = v.custom<Json>(
  (value) => isJson(value, 0),
  'Invalid value: plain JSON of bounded depth expected',
);
export const config = v.pipe(v.record(shortText, json), v.maxEntries(1000));
export const data = v.pipe(v.record(shortText, identifier), v.maxEntries(50));
export const inputs = v.pipe(
  v.record(shortText, v.union([identifier, v.pipe(v.array(identifier), v.maxLength(50))])),
  v.maxEntries(50),
);
export function argument<T>(
  name: string,
  schema: v.GenericSchema<unknown, T>,
  opened: (value: T) => OpenedIds[] = () => [],
): Argument<T> {
  return { name, schema, opened };
}

function isJson(value: unknown, depth: number): boolean {
  if (depth > MAXIMUM_JSON_DEPTH) return false;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  if (typeof value !== 'object') return false;
  return !ArrayBuffer.isView(value) && Object.values(value).every((item) => isJson(item, depth + 1));
}
