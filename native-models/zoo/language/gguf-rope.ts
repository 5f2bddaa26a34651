/** @file Llama 3's scaling of frequencies from the factors that a GGUF file keeps in its place. */

/** In the words of config.json. */
export interface Llama3Scaling {
  factor: number;
  low_freq_factor: number;
  high_freq_factor: number;
  original_max_position_embeddings: number;
}

/** Of all models that exist. */
const low = 1;
const high = 4;
const original = 8192;

/**
 * The scaling whose factors these are, one for each pair of units; null where all are 1, undefined where the factors are
 * of another kind. Only the largest factor differs between the models, so it is taken and the others are checked.
 */
export function llama3Scaling(factors: Float32Array, base: number): Llama3Scaling | null | undefined {
  const factor = factors.reduce((most, value) => Math.max(most, value), 1);
  if (factors.every((value) => value === 1)) return null;
  const pairs = factors.length;
  for (let i = 0; i < pairs; i += 1) {
    const wavelength = 2 * Math.PI * base ** (i / pairs);
    const expected = factorOf(wavelength, factor);
    if (!(Math.abs(factors[i]! - expected) <= 1e-4 * expected)) return undefined;
  }
  return {
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: original,
  };
}

/** Short waves stay, long ones are divided, those between follow a straight line of the frequencies. */
function factorOf(wavelength: number, factor: number): number {
  if (wavelength < original / high) return 1;
  if (wavelength > original / low) return factor;
  const smooth = (original / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}
