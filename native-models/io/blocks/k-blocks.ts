/** @file GGUF blocks of 256 weights whose scales are quantised in turn: Q2_K, Q3_K, Q4_K, Q5_K and Q6_K. */
import { halfTable } from '../halves';

/**
 * x = d·scale·q - dmin·minimum in groups of 16: 16 bytes with scale and minimum of 4 bits each, 64 bytes of 2-bit digits,
 * halves d and dmin. 32 bytes hold four groups of 32 weights, the lowest bits first.
 */
export function dequantiseQ2K(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 84, to += 256) {
    const d = halves[bytes[at + 80]! | (bytes[at + 81]! << 8)]!;
    const dmin = halves[bytes[at + 82]! | (bytes[at + 83]! << 8)]!;
    for (let group = 0; group < 16; group += 1) {
      const packed = bytes[at + group]!;
      const scale = d * (packed & 15);
      const minimum = dmin * (packed >> 4);
      const digits = at + 16 + 32 * (group >> 3) + 16 * (group & 1);
      const shift = group & 6;
      const first = to + 16 * group;
      for (let i = 0; i < 16; i += 1)
        values[first + i] = scale * ((bytes[digits + i]! >> shift) & 3) - minimum;
    }
  }
}

/**
 * x = d·(scale - 32)·q in groups of 16: 32 bytes of high bits (unset: minus 4), 64 bytes of 2-bit digits as in Q2_K,
 * 12 bytes of 6-bit scales (8 bytes with their low digits, 4 with the high pairs), half d.
 */
export function dequantiseQ3K(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 110, to += 256) {
    const d = halves[bytes[at + 108]! | (bytes[at + 109]! << 8)]!;
    const scales = at + 96;
    for (let group = 0; group < 16; group += 1) {
      const low = (bytes[scales + (group & 7)]! >> (4 * (group >> 3))) & 15;
      const high = (bytes[scales + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const half = 16 * (group & 1);
      const digits = at + 32 + 32 * (group >> 3) + half;
      const shift = group & 6;
      const bit = group >> 1;
      const first = to + 16 * group;
      for (let i = 0; i < 16; i += 1) {
        const q = (bytes[digits + i]! >> shift) & 3;
        const above = (bytes[at + half + i]! >> bit) & 1;
        values[first + i] = scale * (q - 4 + 4 * above);
      }
    }
  }
}

/**
 * x = d·scale·q - dmin·minimum in groups of 32: halves d and dmin, 12 bytes with 6-bit scales and minima, 128 bytes of
 * 4-bit digits; 32 bytes hold two groups, the low digits first.
 */
export function dequantiseQ4K(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 144, to += 256) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const dmin = halves[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let group = 0; group < 8; group += 1) {
      const scale = d * packedScale(bytes, at + 4, group);
      const minimum = dmin * packedMinimum(bytes, at + 4, group);
      const digits = at + 16 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      const first = to + 32 * group;
      for (let i = 0; i < 32; i += 1)
        values[first + i] = scale * ((bytes[digits + i]! >> shift) & 15) - minimum;
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the digits: bit `group` of byte i belongs to weight i of the group. */
export function dequantiseQ5K(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 176, to += 256) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const dmin = halves[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let group = 0; group < 8; group += 1) {
      const scale = d * packedScale(bytes, at + 4, group);
      const minimum = dmin * packedMinimum(bytes, at + 4, group);
      const digits = at + 48 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      const first = to + 32 * group;
      for (let i = 0; i < 32; i += 1) {
        const fifth = ((bytes[at + 16 + i]! >> group) & 1) << 4;
        values[first + i] = scale * (((bytes[digits + i]! >> shift) & 15) | fifth) - minimum;
      }
    }
  }
}

/**
 * x = d·scale·(q - 32) in groups of 16: 128 bytes of low digits, 64 bytes of high pairs, 16 signed scales, half d. Each
 * half of 128 weights takes 64 low digits bytes and 32 bytes of pairs.
 */
export function dequantiseQ6K(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 210, to += 256) {
    const d = halves[bytes[at + 208]! | (bytes[at + 209]! << 8)]!;
    for (let group = 0; group < 16; group += 1) {
      const scale = d * ((bytes[at + 192 + group]! << 24) >> 24);
      const quarter = (group >> 1) & 3;
      const second = 16 * (group & 1);
      const low = at + 64 * (group >> 3) + 32 * (quarter & 1) + second;
      const high = at + 128 + 32 * (group >> 3) + second;
      const lowShift = 4 * (quarter >> 1);
      const highShift = 2 * quarter;
      const first = to + 16 * group;
      for (let i = 0; i < 16; i += 1) {
        const q = ((bytes[low + i]! >> lowShift) & 15) | (((bytes[high + i]! >> highShift) & 3) << 4);
        values[first + i] = scale * (q - 32);
      }
    }
  }
}

/** 6-bit scales in 12 bytes: the first four whole in bytes 0–3, the others' low digits in 8–11, their high pairs in 0–3. */
function packedScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group]! & 63;
  return (bytes[at + 4 + group]! & 15) | ((bytes[at + group - 4]! >> 6) << 4);
}

/** The minima: the first four in bytes 4–7, the others' low digits in the high ones of 8–11, their high pairs in 4–7. */
function packedMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + 4 + group]! & 63;
  return (bytes[at + 4 + group]! >> 4) | ((bytes[at + group]! >> 6) << 4);
}
