/** @file The images of a map by definition, for tests. */
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
