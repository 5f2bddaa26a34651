/** @file Reading and writing the protobuf wire format: varints, fixed-size numbers and length-delimited bytes. */
import { MongeError } from '../error';
import type { Integer } from './model';

export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
export const FIXED32 = 5;

/** A growing byte buffer. */
export class WireWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** A view of the written bytes, good until the next call. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  varint(value: Integer): void {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
      this.#reserve(10);
      let rest = value;
      while (rest > 127) {
        this.#bytes[this.#length++] = (rest % 128) | 128;
        rest = Math.floor(rest / 128);
      }
      this.#bytes[this.#length++] = rest;
      return;
    }
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new MongeError({
        code: 'onnx-integer',
        what: 'an integer field cannot hold this number',
        got: String(value),
        expected: 'a whole number below 2^53 in size, or a bigint',
      });
    // Negative numbers are written as their 64-bit two's complement.
    let rest = BigInt.asUintN(64, BigInt(value));
    this.#reserve(10);
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view().setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view().setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/** A cursor over a part of a byte array; every failure names the byte. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** An unsigned varint as a number; throws where it is not a safe integer. For tags, lengths and sizes. */
  size(): number {
    const start = this.position;
    const value = this.unsigned();
    if (typeof value === 'bigint') throw onnxError('onnx-length', 'a length is absurdly large', start);
    return value;
  }

  unsigned(): Integer {
    const start = this.position;
    let low = 0;
    let factor = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#next(start);
      low += (byte & 127) * factor;
      if (byte < 128) return low;
      factor *= 128;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#next(start);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return exact(BigInt.asUintN(64, value));
    }
    throw onnxError('onnx-varint', 'a number runs on for more than ten bytes', start);
  }

  /** A varint as a signed 64-bit integer. */
  integer(): Integer {
    const value = this.unsigned();
    return typeof value === 'bigint' ? exact(BigInt.asIntN(64, value)) : value;
  }

  float(): number {
    return this.#view(4).getFloat32(0, true);
  }

  double(): number {
    return this.#view(8).getFloat64(0, true);
  }

  /** A reader for the next length-delimited part; this one moves past it. */
  delimited(): WireReader {
    const at = this.position;
    const length = this.size();
    if (length > this.end - this.position)
      throw onnxError('onnx-truncated', `a part of ${length} bytes reaches past the end`, at);
    const start = this.position;
    this.position += length;
    return new WireReader(this.bytes, start, this.position);
  }

  /** Moves past a field of any wire type. */
  skip(wireType: number, at: number): void {
    if (wireType === VARINT) this.unsigned();
    else if (wireType === FIXED64) this.#view(8);
    else if (wireType === FIXED32) this.#view(4);
    else if (wireType === DELIMITED) this.delimited();
    else throw onnxError('onnx-wire-type', `wire type ${wireType} does not occur in ONNX`, at);
  }

  #next(start: number): number {
    if (this.position >= this.end) throw onnxError('onnx-truncated', 'the data ends inside a number', start);
    return this.bytes[this.position++]!;
  }

  #view(size: number): DataView {
    if (size > this.end - this.position)
      throw onnxError('onnx-truncated', 'the data ends inside a number', this.position);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, size);
    this.position += size;
    return view;
  }
}

export function onnxError(code: string, what: string, byte: number, help?: string): MongeError {
  return new MongeError({ code, what: `not a readable ONNX model: ${what}`, where: { byte }, help });
}

function exact(value: bigint): Integer {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
