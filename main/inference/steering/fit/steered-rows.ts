/** @file A map at λ = 1 applied to values between two parts of a graph: the operator of steered graphs without a graph. */
import type { HookMap } from '../../../contract/steering';
import { hasSupport } from '../../../steering/support';

/**
 * The values [rows, units] moved by a map; rows where `skipped` is 1 stay. As in graphs a support that ends at ±1e6 is none.
 * Computed in double precision and rounded once.
 */
export function steeredRows(map: HookMap, values: Float32Array, skipped: Uint8Array | null): Float32Array {
  const { lo, hi, units } = map;
  const width = units.length;
  const scale = map.w.map((w, unit) => (units[unit] === 0 ? 1 : w));
  // Adding −0 keeps the sign of a zero.
  const shift = map.beta.map((beta, unit) => (units[unit] === 0 ? -0 : beta || -0));
  const bounded = hasSupport(map);
  const out = new Float32Array(values.length);
  for (let first = 0, row = 0; first < out.length; first += width, row++) {
    if (skipped !== null && skipped[row] === 1) out.set(values.subarray(first, first + width), first);
    else if (!bounded)
      for (let unit = 0; unit < width; unit++)
        out[first + unit] = scale[unit]! * values[first + unit]! + shift[unit]!;
    else
      for (let unit = 0; unit < width; unit++) {
        const value = values[first + unit]!;
        const moves = units[unit] !== 0 && lo[unit]! < value && value < hi[unit]!;
        out[first + unit] = moves ? scale[unit]! * value + shift[unit]! : value;
      }
  }
  return out;
}
