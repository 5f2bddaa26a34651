/** @file Cosines and sines of the angles by which positions turn queries and keys, as the fused attention reads them. */
import type { RotaryConfig } from '../config';
import { rotaryFrequencies } from '../rotary-frequencies';

/** cos and sin of θ_i(p), each [positions, width / 2], times the factor that YaRN puts on both. */
export function rotaryTable(
  rotary: RotaryConfig,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const { frequencies, attention } = rotaryFrequencies(rotary);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0, at = 0; p < positions; p++)
    for (let i = 0; i < half; i++, at++) {
      // Angles are single precision in every implementation that a checkpoint was trained with.
      const angle = Math.fround(p * frequencies[i]!);
      cos[at] = attention * Math.cos(angle);
      sin[at] = attention * Math.sin(angle);
    }
  return { cos, sin };
}
