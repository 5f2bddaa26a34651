/**
 * @file The piecewise affine benchmark: noise carried by the gradient of the largest of several quadratics, which is
 * the optimal map by Brenier's theorem (LSC, section 4.1).
 *
 * u(x) = max_i ½‖x‖² + ½‖G_iᵀ(x − m_i)‖²/s − c_i with s = d/2 columns of G_i, so T₀(x) = x + H_i(x − m_i) for the
 * piece i that is largest at x, with H_i = G_i·G_iᵀ/s.
 *
 * The paper leaves the scale of its Wishart matrices open; here H has the mean I. Its offset, −‖A_i m_i‖², is
 * kept with A_i read as the symmetric root of H_i: c_i = m_iᵀH_i m_i.
 */
import { stream } from '../../../../native-models';
import { meanPoint, productOf } from '../../../numerics/points';

/** Variance of the centres' coordinates. */
const CENTRE_VARIANCE = 3;

/** Draws the benchmark; the same (dimension, pieces, seed) is always the same map. */
export function piecewiseAffine(dimension: number, pieces: number, seed: number) {
  const columns = Math.max(1, Math.floor(dimension / 2));
  const factors = stream(seed, 'flows.problem.factors').normal(
    new Float32Array(pieces * dimension * columns),
  );
  const hessians = Array.from({ length: pieces }, (_, piece) =>
    outerProduct(factors, piece * dimension * columns, dimension, columns),
  );
  const drawn = stream(seed, 'flows.problem.centres')
    .normal(new Float32Array(pieces * dimension))
    .map((value) => value * Math.sqrt(CENTRE_VARIANCE));
  const mean = meanPoint(drawn, dimension);
  const centres = Float64Array.from(drawn, (value, k) => value - mean[k % dimension]!);
  const offsets = hessians.map((hessian, piece) => {
    const centre = centres.subarray(piece * dimension, (piece + 1) * dimension);
    return dot(productOf(hessian, centre), centre);
  });

  /** Of one point: the largest piece, its value above ½‖x‖², and H_i(x − m_i). */
  function largest(point: Float32Array) {
    let best = { piece: -1, value: -Infinity, moved: new Float64Array(0) };
    for (let piece = 0; piece < pieces; piece++) {
      const relative = Float64Array.from(point, (value, k) => value - centres[piece * dimension + k]!);
      const moved = productOf(hessians[piece]!, relative);
      const value = dot(moved, relative) / 2 - offsets[piece]!;
      if (value > best.value) best = { piece, value, moved };
    }
    return best;
  }

  const each = (points: Float32Array) =>
    Array.from({ length: points.length / dimension }, (_, k) =>
      points.subarray(k * dimension, (k + 1) * dimension),
    );

  return {
    /** T₀ of points [n, d]; a new array. */
    map: (points: Float32Array): Float32Array => {
      const out = points.slice();
      for (const point of each(out)) largest(point).moved.forEach((by, k) => (point[k]! += by));
      return out;
    },
    /** [n] the piece that rules at each point. */
    pieceOf: (points: Float32Array) => Int32Array.from(each(points), (point) => largest(point).piece),
    /** u(x) of points [n, d]. */
    potential: (points: Float32Array) =>
      Float64Array.from(each(points), (point) => dot(point, point) / 2 + largest(point).value),
  };
}

/** [d, d] G·Gᵀ / columns of the matrix G [d, columns] that begins at `first`. */
function outerProduct(
  factors: Float32Array,
  first: number,
  dimension: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row++)
    for (let column = 0; column < dimension; column++) {
      let sum = 0;
      for (let k = 0; k < columns; k++)
        sum += factors[first + row * columns + k]! * factors[first + column * columns + k]!;
      out[row * dimension + column] = sum / columns;
    }
  return out;
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < left.length; k++) sum += left[k]! * right[k]!;
  return sum;
}
