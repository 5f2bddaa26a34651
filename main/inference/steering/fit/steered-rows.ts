/** @file A map at λ = 1 applied to values between two parts of a graph: the operator of steered graphs without a graph. */
import type { HookMap } from '../../../contract/steering';
import { hasSupport } from '../../../steering/support';

/**
 * The values [rows, units] moved by a map; rows where `skipped` is 1 stay. As in graphs a support that ends at ±1e6 is none.
 * Computed in double precision and rounded once.
 */
export function steeredRows(map: HookMap, values: Float32Array, skipped: Uint8Array | null): Float32Array {
  const { w, beta, lo, hi, units } = map;
  const width = w.length;
  const bounded = hasSupport(map);
  const out = new Float32Array(values);
  for (let first = 0, row = 0; first < out.length; first += width, row++) {
    if (skipped !== null && skipped[row] === 1) continue;
    for (let unit = 0; unit < width; unit++) {
      const value = out[first + unit]!;
      if (units[unit] === 0 || (bounded && !(lo[unit]! < value && value < hi[unit]!))) continue;
      out[first + unit] = w[unit]! * value + beta[unit]!;
    }
  }
  return out;
}
