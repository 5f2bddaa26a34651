/** @file Fixed position and time features: sines and cosines of two grid coordinates, and of a time. */
import { MongeError } from '../error';
import type { Tensor } from '../ir/tensor';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { cos, sin } from '../ops/functions';
import { concat, reshape } from '../ops/movement';
import { scope } from '../ir/scope';

/**
 * Position features of a grid in raster order, [rows·columns, width] row-major: with q = width/4 and
 * ω_k = 10000^(-k/q), the patch at (row, column) has sin(column·ω), cos(column·ω), sin(row·ω), cos(row·ω). The column
 * comes first, as in MAE, DiT and AIMv2. Throws `position-width` where four does not divide the width.
 */
export function gridPositions(rows: number, columns: number, width: number): Float64Array {
  if (width % 4 !== 0)
    throw new MongeError({
      code: 'position-width',
      what: 'two-dimensional position features come in fours',
      got: `a width of ${width}`,
      expected: 'a multiple of 4',
    });
  const quarter = width / 4;
  const table = new Float64Array(rows * columns * width);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let k = 0; k < quarter; k++) {
        const rate = 10000 ** (-k / quarter);
        const start = (row * columns + column) * width + k;
        table[start] = Math.sin(column * rate);
        table[start + quarter] = Math.cos(column * rate);
        table[start + 2 * quarter] = Math.sin(row * rate);
        table[start + 3 * quarter] = Math.cos(row * rate);
      }
  return table;
}

export interface TimestepOptions {
  /** Number of features, even; default 256. */
  features?: number;
  /** What a time is multiplied by first; default 1000, so that times from 0 to 1 use the range the rates are made for. */
  scale?: number;
  /** The longest wavelength over 2π; default 10000. */
  longest?: number;
}

/**
 * cos and sin of scale·t·longest^(-k/(features/2)), cosines first (DiT, Peebles and Xie 2023, after the position features
 * of Vaswani et al. 2017): t [batch] gives [batch, features].
 */
export function timestepFeatures(t: Tensor, options: TimestepOptions = {}): Tensor {
  const { features = 256, scale = 1000, longest = 10000 } = options;
  const half = features / 2;
  return scope('timestepFeatures', () => {
    const rates = Float64Array.from({ length: half }, (_, k) => scale * longest ** (-k / half));
    const angles = multiply(reshape(t, [t.shape[0]!, 1]), constant(rates, [1, half], t.dtype));
    return concat([cos(angles), sin(angles)], 1);
  });
}
