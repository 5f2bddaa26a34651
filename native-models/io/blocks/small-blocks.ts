/** @file GGUF blocks of 32 weights with one scale: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. */
import { halfTable } from '../halves';

/**
 * x = (q - 8)·d: half d, then 16 bytes whose low digits are the first 16 weights and whose high digits are the others.
 * All functions of this folder fill `values`, whose length is whole blocks of `bytes`.
 */
export function dequantiseQ40(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 18, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let i = 0; i < 16; i += 1) {
      const pair = bytes[at + 2 + i]!;
      values[to + i] = d * ((pair & 15) - 8);
      values[to + 16 + i] = d * ((pair >> 4) - 8);
    }
  }
}

/** x = q·d + m: halves d and m, then digits as in Q4_0. */
export function dequantiseQ41(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 20, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const m = halves[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let i = 0; i < 16; i += 1) {
      const pair = bytes[at + 4 + i]!;
      values[to + i] = d * (pair & 15) + m;
      values[to + 16 + i] = d * (pair >> 4) + m;
    }
  }
}

/** x = (q - 16)·d: half d, 32 fifth bits from the lowest on, then digits as in Q4_0. */
export function dequantiseQ50(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 22, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = word(bytes, at + 2);
    for (let i = 0; i < 16; i += 1) {
      const pair = bytes[at + 6 + i]!;
      values[to + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
      values[to + 16 + i] = d * (((pair >> 4) | (((high >>> (16 + i)) & 1) << 4)) - 16);
    }
  }
}

/** x = q·d + m: halves d and m, then fifth bits and digits as in Q5_0. */
export function dequantiseQ51(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 24, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const m = halves[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    const high = word(bytes, at + 4);
    for (let i = 0; i < 16; i += 1) {
      const pair = bytes[at + 8 + i]!;
      values[to + i] = d * ((pair & 15) | (((high >>> i) & 1) << 4)) + m;
      values[to + 16 + i] = d * ((pair >> 4) | (((high >>> (16 + i)) & 1) << 4)) + m;
    }
  }
}

/** x = q·d: half d, then 32 signed bytes. */
export function dequantiseQ80(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 34, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let i = 0; i < 32; i += 1) values[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
