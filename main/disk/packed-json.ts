/** @file Plain objects with typed arrays in them as what a run keeps: JSON that knows NaN, and arrays of bytes that hold it. */
import type { Arrays } from '../contract/define';
import type { Json } from '../contract/schema';
import { vector } from './named-arrays';

/** A value of plain objects with typed arrays in it as JSON; numbers that are not finite are kept. */
export function packJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_key, one: unknown) => {
    if (one instanceof Float64Array)
      return { f64: Array.from(one, (entry) => (Number.isFinite(entry) ? entry : String(entry))) };
    if (one instanceof Uint8Array) return { u8: [...one] };
    if (typeof one === 'number' && !Number.isFinite(one)) return { number: String(one) };
    return one;
  });
  return new TextEncoder().encode(text);
}

/** What `packJson` made of a T. */
export function unpackJson<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes), (_key, one: unknown) => {
    if (typeof one !== 'object' || one === null) return one;
    if ('f64' in one && Array.isArray(one.f64))
      return Float64Array.from(one.f64 as (number | string)[], Number);
    if ('u8' in one && Array.isArray(one.u8)) return Uint8Array.from(one.u8 as number[]);
    if ('number' in one && typeof one.number === 'string') return Number(one.number);
    return one;
  }) as T;
}

/** The same as plain JSON, for states that hold nothing else. */
export function plainJson(value: unknown): Json {
  return JSON.parse(new TextDecoder().decode(packJson(value))) as Json;
}

/** What `plainJson` made of a T. */
export function fromPlainJson<T>(json: Json): T {
  return unpackJson<T>(new TextEncoder().encode(JSON.stringify(json)));
}

/** The value as arrays that a run keeps under a name. */
export function packed(value: unknown): Arrays {
  return { json: vector(packJson(value)) };
}

/** What `packed` made of a T. */
export function unpacked<T>(arrays: Arrays): T {
  return unpackJson<T>(arrays.json!.data as Uint8Array);
}
