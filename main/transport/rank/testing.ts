/** @file The images of the maps by definition, for tests. */
import type { DiscreteMap } from './discrete';
import type { EntropicMap } from './entropic';
import { attend } from './rank';
import { applied } from './scaling';

/** [n, d] images T of residuals [n, d] in double precision. */
export function imagesOf(
  { d, epsilon, scaling, points, bias }: EntropicMap,
  residuals: ArrayLike<number>,
): Float64Array {
  return attend(applied(scaling, residuals), points, bias, d, 2 / epsilon);
}

/** [n] j*(z̃) of standardised residuals [n, d], in double precision. */
export function imageOf({ d, points, psi }: DiscreteMap, scaled: ArrayLike<number>): Int32Array {
  const out = new Int32Array(scaled.length / d);
  for (let row = 0; row < out.length; row++) {
    let best = -Infinity;
    for (let j = 0; j < psi.length; j++) {
      let score = -psi[j]!;
      for (let k = 0; k < d; k++) score += scaled[row * d + k]! * points[j * d + k]!;
      if (score > best) {
        best = score;
        out[row] = j;
      }
    }
  }
  return out;
}
