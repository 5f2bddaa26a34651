/** @file Residuals brought into the unit ball: z̃ = A·(z − offset), fitted on the fit rows and fixed from then on (section 1.5). */
import { MongeError } from '../../../native-models/error';
import type { Arrays } from '../../contract/define';
import { matrix, vector } from '../../disk/named-arrays';
import { momentsOf, whiteningOf } from '../../numerics/cholesky';
import { normsOf } from '../../numerics/points';

export interface AffineScaling {
  d: number;
  /** [d]. */
  offset: Float64Array;
  /** [d, d] A, lower triangular. */
  matrix: Float64Array;
  /** log |det A|: volumes of standardised sets are larger by it. */
  logDeterminant: number;
}

/** The scaling as arrays to be stored, but for its determinant. */
export function scalingArrays(scaling: AffineScaling): Arrays {
  return { offset: vector(scaling.offset), matrix: matrix(scaling.matrix, scaling.d) };
}

/** The scaling that `scalingArrays` wrote. */
export function scalingOf({ offset, matrix }: Arrays, logDeterminant: number): AffineScaling {
  return {
    d: offset!.data.length,
    offset: offset!.data as Float64Array,
    matrix: matrix!.data as Float64Array,
    logDeterminant,
  };
}

export type ScalingKind = 'max' | 'q99' | 'whiten';

/**
 * From points [n, d]. `max`: the farthest from the mean gets norm 1; `q99`: the 99 % quantile of the norms does; `whiten`: the
 * covariance becomes a multiple of the identity first. Throws `residuals-flat` where all points coincide.
 */
export function fitScaling(points: Float64Array, d: number, kind: ScalingKind): AffineScaling {
  const { mean, factor } = momentsOf(points, d);
  const matrix = kind === 'whiten' ? whiteningOf(factor, d).whitening : identity(d);
  const norms = normsOf(applied({ d, offset: mean, matrix }, points), d).sort();
  const place = kind === 'q99' ? Math.ceil(0.99 * norms.length) - 1 : norms.length - 1;
  const scale = norms[place]! || norms.at(-1)!;
  if (!(scale > 0))
    throw new MongeError({
      code: 'residuals-flat',
      blame: 'input',
      what: 'all residuals of the fit rows are the same, so that they have no shape to learn',
      got: `${norms.length} rows`,
      help: 'check that the targets vary, or leave out the transport scores',
    });
  let logDeterminant = 0;
  for (let k = 0; k < matrix.length; k++) matrix[k]! /= scale;
  for (let k = 0; k < d; k++) logDeterminant += Math.log(matrix[k * d + k]!);
  return { d, offset: mean, matrix, logDeterminant };
}

/** [n, d] A·(z − offset). */
export function applied(
  { d, offset, matrix }: Pick<AffineScaling, 'd' | 'offset' | 'matrix'>,
  points: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(points.length);
  for (let at = 0; at < points.length; at += d)
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += matrix[i * d + j]! * (points[at + j]! - offset[j]!);
      out[at + i] = sum;
    }
  return out;
}

/** [n, d] the points that `applied` takes to these. */
export function undone({ d, offset, matrix }: AffineScaling, points: ArrayLike<number>): Float64Array {
  const out = new Float64Array(points.length);
  for (let at = 0; at < points.length; at += d) {
    for (let i = 0; i < d; i++) {
      let rest = points[at + i]!;
      for (let j = 0; j < i; j++) rest -= matrix[i * d + j]! * out[at + j]!;
      out[at + i] = rest / matrix[i * d + i]!;
    }
    for (let i = 0; i < d; i++) out[at + i]! += offset[i]!;
  }
  return out;
}

function identity(d: number): Float64Array {
  const matrix = new Float64Array(d * d);
  for (let k = 0; k < d; k++) matrix[k * d + k] = 1;
  return matrix;
}
