/** @file Times as vectors: sinusoids of many wavelengths, then a small perceptron. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { cos, sin } from '../ops/functions';
import { silu } from '../ops/gated';
import { concat } from '../ops/movement';
import { scope } from '../ir/scope';
import { linear, linearParameters } from './linear';
import type { Initial } from './module';

/** Times in [0, 1] are stretched by this much, so that the shortest wavelength resolves small steps. */
const TIME_SCALE = 1000;
/** Ratio of the longest wavelength to the shortest, as for positions in Vaswani et al. (2017). */
const WAVELENGTHS = 10_000;

/**
 * Sinusoids of a time: t [rows, 1] gives [rows, width], cosines first, of the frequencies
 * 1000·10000^(−k/half), k = 0 … half−1, half = width/2. Throws `embedding-width` unless the width is even.
 */
export function timeSinusoids(t: Tensor, width: number): Tensor {
  if (!Number.isSafeInteger(width) || width < 2 || width % 2 !== 0)
    throw new MongeError({
      code: 'embedding-width',
      what: 'width of a time embedding',
      got: String(width),
      expected: 'an even number from 2',
    });
  return scope('timeSinusoids', () => {
    const half = width / 2;
    const rates = Float64Array.from({ length: half }, (_, k) => TIME_SCALE * WAVELENGTHS ** (-k / half));
    const angles = multiply(t, constant(rates, [1, half], t.dtype));
    return concat([cos(angles), sin(angles)], 1);
  });
}

/** The parameters of `timeEmbedding`: `name.linear1` [sinusoids, width] and `name.linear2` [width, width]. */
export function timeEmbeddingParameters(
  name: string,
  { sinusoids, width }: { sinusoids: number; width: number },
): Record<string, Initial> {
  return {
    ...linearParameters(`${name}.linear1`, sinusoids, width),
    ...linearParameters(`${name}.linear2`, width, width),
  };
}

/** Sinusoids of t [rows, 1] through two linear layers with SiLU between: [rows, width]. */
export function timeEmbedding(parameters: Tensors, name: string, t: Tensor, sinusoids: number): Tensor {
  const hidden = linear(parameters, `${name}.linear1`, timeSinusoids(t, sinusoids));
  return linear(
    parameters,
    `${name}.linear2`,
    scope(name, () => silu(hidden)),
  );
}
