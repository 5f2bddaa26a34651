/** @file Small GGUF files written: texts and whole numbers as metadata, vectors and matrices of 32-bit floats. */
import { weightTypeOfNumber } from './weight-types';

export interface GgufContents {
  /** Texts, or whole numbers from 0 to 2^32 − 1, in this order. */
  metadata: Readonly<Record<string, string | number>>;
  /** By name, in this order; the shape has the slowest size first. */
  tensors: readonly { name: string; shape: readonly number[]; data: Float32Array }[];
}

const ALIGNMENT = 32;
const [TEXT, WHOLE] = [8, 4];

/** The bytes of a version 3 file, little-endian, tensors aligned to 32. */
export function encodeGguf({ metadata, tensors }: GgufContents): Uint8Array<ArrayBuffer> {
  const float = [...weightTypeOfNumber].find(([, name]) => name === 'F32')![0];
  const entries = Object.entries(metadata);
  const parts = [utf8('GGUF'), u32(3), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries)
    parts.push(
      text(key),
      ...(typeof value === 'string' ? [u32(TEXT), text(value)] : [u32(WHOLE), u32(value)]),
    );
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(float), u64(offset));
    offset += aligned(data.byteLength);
  }
  const head = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(aligned(head) + offset);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  at = aligned(head);
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += aligned(data.byteLength);
  }
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function text(value: string): Uint8Array {
  const bytes = utf8(value);
  return Uint8Array.from([...u64(bytes.length), ...bytes]);
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}
