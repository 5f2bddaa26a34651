/** @file Makes small GGUF files in memory, for tests of what reads them. */
import { weightTypeOfNumber, weightTypes, type WeightType } from '../io/weight-types';

export interface MadeTensor {
  name: string;
  type: WeightType;
  /** The slowest first; the file has the reverse. */
  shape: readonly number[];
  /** As stored; zeros where none are given. */
  bytes?: Uint8Array;
  /** Instead of the type's own number, and of the place where the bytes will lie. */
  typeNumber?: number;
  offset?: bigint;
}

/** Numbers are written as u32 where they are whole and positive, else as f32. */
export type MadeValue = number | boolean | string | readonly string[] | Int32Array | Float32Array | RawValue;

/** Bytes that follow the key: the number of a type, and whatever. */
export interface RawValue {
  type: number;
  bytes: Uint8Array;
}

export interface MadeGguf {
  version?: number;
  metadata?: Readonly<Record<string, MadeValue>>;
  tensors?: readonly MadeTensor[];
}

/** The bytes of the file, aligned to 32. */
export function ggufBytes({ version = 3, metadata = {}, tensors = [] }: MadeGguf): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(metadata);
  const parts = [text('GGUF'), u32(version), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries) parts.push(string(key), ...valueParts(value));
  let offset = 0;
  const values: Uint8Array[] = [];
  for (const tensor of tensors) {
    parts.push(string(tensor.name), u32(tensor.shape.length));
    for (const size of tensor.shape.toReversed()) parts.push(u64(size));
    parts.push(u32(tensor.typeNumber ?? numberOf(tensor.type)), u64(tensor.offset ?? offset));
    const bytes = tensor.bytes ?? new Uint8Array(bytesOf(tensor));
    const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
    padded.set(bytes);
    values.push(padded);
    offset += padded.length;
  }
  const head = joined(parts);
  return joined([head, new Uint8Array(Math.ceil(head.length / 32) * 32 - head.length), ...values]);
}

/** A source over bytes in memory that counts what is read. */
export function memorySource(bytes: Uint8Array, name = 'made.gguf') {
  return {
    name,
    size: bytes.length,
    bytesRead: 0,
    async read(from: number, to: number) {
      this.bytesRead += to - from;
      // Not `slice`: of a Node Buffer that is a view of all its memory.
      return Uint8Array.from(bytes.subarray(from, to));
    },
  };
}

function bytesOf({ type, shape }: MadeTensor): number {
  const { elements, bytes } = weightTypes[type];
  return (shape.reduce((product, size) => product * size, 1) / elements) * bytes;
}

function numberOf(type: WeightType): number {
  return [...weightTypeOfNumber].find(([, name]) => name === type)![0];
}

function valueParts(value: MadeValue): Uint8Array[] {
  if (typeof value === 'string') return [u32(8), string(value)];
  if (typeof value === 'boolean') return [u32(7), Uint8Array.of(Number(value))];
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0
      ? [u32(4), u32(value)]
      : [u32(6), new Uint8Array(Float32Array.of(value).buffer)];
  if (value instanceof Int32Array || value instanceof Float32Array) {
    const element = value instanceof Int32Array ? 5 : 6;
    return [u32(9), u32(element), u64(value.length), new Uint8Array(value.slice().buffer)];
  }
  if ('type' in value) return [u32(value.type), value.bytes];
  return [u32(9), u32(8), u64(value.length), ...value.map(string)];
}

function string(value: string): Uint8Array {
  const bytes = text(value);
  return joined([u64(bytes.length), bytes]);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function u64(value: number | bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
