/** @file GGUF blocks whose 4-bit digits name one of 16 uneven levels: IQ4_NL and IQ4_XS. */
import { halfTable } from '../halves';

/** Of ggml. */
const levels = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** x = d·level: half d, then 16 bytes, the low digits first. */
export function dequantiseIq4Nl(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 18, to += 32) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    fill(bytes, at + 2, d, values, to);
  }
}

/**
 * x = d·(scale - 32)·level in groups of 32: half d, 2 bytes of the scales' high pairs, 4 bytes of their low digits, then
 * 16 bytes a group as in IQ4_NL.
 */
export function dequantiseIq4Xs(bytes: Uint8Array, values: Float32Array): void {
  const halves = halfTable();
  for (let at = 0, to = 0; to < values.length; at += 136, to += 256) {
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = bytes[at + 2]! | (bytes[at + 3]! << 8);
    for (let group = 0; group < 8; group += 1) {
      const low = (bytes[at + 4 + (group >> 1)]! >> (4 * (group & 1))) & 15;
      const scale = d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32);
      fill(bytes, at + 8 + 16 * group, scale, values, to + 32 * group);
    }
  }
}

function fill(bytes: Uint8Array, at: number, scale: number, values: Float32Array, to: number): void {
  for (let i = 0; i < 16; i += 1) {
    const pair = bytes[at + i]!;
    values[to + i] = scale * levels[pair & 15]!;
    values[to + 16 + i] = scale * levels[pair >> 4]!;
  }
}
