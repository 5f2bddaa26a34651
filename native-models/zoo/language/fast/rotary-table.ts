/** @file Cosines and sines of the angles by which positions turn queries and keys, as the fused attention reads them. */
import type { RotaryConfig } from '../config';

/** cos and sin of θ_i(p), each [positions, width / 2], with the factor that YaRN puts on both. */
export function rotaryTable(
  rotary: RotaryConfig,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const frequencies = rotaryFrequencies(rotary);
  const factor = rotary.scaling?.kind === 'yarn' ? rotary.scaling.attention : 1;
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0, at = 0; p < positions; p++)
    for (let i = 0; i < half; i++, at++) {
      // Angles are single precision in every implementation that a checkpoint was trained with.
      const angle = Math.fround(p * frequencies[i]!);
      cos[at] = factor * Math.cos(angle);
      sin[at] = factor * Math.sin(angle);
    }
  return { cos, sin };
}

/** base^(−2i/width), changed as the scaling says, in single precision. */
function rotaryFrequencies({ width, base, scaling }: RotaryConfig): Float32Array {
  const plain = Float32Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width));
  if (scaling?.kind === 'linear') return plain.map((frequency) => frequency / scaling.factor);
  if (scaling?.kind === 'llama3') {
    const { factor, low, high, original } = scaling;
    return plain.map((frequency) => {
      const turns = (original * frequency) / (2 * Math.PI);
      if (turns < low) return frequency / factor;
      if (turns > high) return frequency;
      const kept = (turns - low) / (high - low);
      return ((1 - kept) * frequency) / factor + kept * frequency;
    });
  }
  if (scaling?.kind === 'yarn') {
    // arXiv:2309.00071, eq. 19–21: whole between the dimensions that turn `fast` and `slow` times in the first context.
    const dimension = (turns: number) =>
      (width * Math.log(scaling.original / (2 * Math.PI * turns))) / (2 * Math.log(base));
    const low = Math.max(Math.floor(dimension(scaling.fast)), 0);
    const high = Math.min(Math.ceil(dimension(scaling.slow)), width - 1);
    return plain.map((frequency, i) => {
      const ramp = Math.min(1, Math.max(0, (i - low) / Math.max(high - low, 0.001)));
      return (frequency / scaling.factor) * ramp + frequency * (1 - ramp);
    });
  }
  return plain;
}
