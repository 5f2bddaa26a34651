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
import { addProduct, meanPoint } from '../../../numerics/points';

/** Variance of the centres' coordinates. */
const CENTRE_VARIANCE = 3;

export interface PiecewiseAffine {
  /** T₀ of points [n, d]; a new array. */
  map: (points: Float32Array) => Float32Array;
  /** [n] the piece that rules at each point. */
  pieceOf: (points: Float32Array) => Int32Array;
  /** u(x) of points [n, d]. */
  potential: (points: Float32Array) => Float64Array;
}

/** Draws the benchmark; the same (dimension, pieces, seed) is always the same map. */
export function piecewiseAffine(dimension: number, pieces: number, seed: number): PiecewiseAffine {
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
    return dot(product(hessian, centre), centre);
  });

  /** Of one point: the largest piece, its value above ½‖x‖², and H_i(x − m_i). */
  function largest(point: Float32Array) {
    let best: { piece: number; value: number; moved: Float64Array } = {
      piece: -1,
      value: -Infinity,
      moved: new Float64Array(0),
    };
    for (let piece = 0; piece < pieces; piece++) {
      const relative = Float64Array.from(point, (value, k) => value - centres[piece * dimension + k]!);
      const moved = product(hessians[piece]!, relative);
      const value = dot(moved, relative) / 2 - offsets[piece]!;
      if (value > best.value) best = { piece, value, moved };
    }
    return best;
  }

  function eachPoint(points: Float32Array, visit: (point: Float32Array, index: number) => void): void {
    for (let index = 0; index * dimension < points.length; index++)
      visit(points.subarray(index * dimension, (index + 1) * dimension), index);
  }

  return {
    map(points) {
      const out = new Float32Array(points.length);
      eachPoint(points, (point, index) => {
        const { moved } = largest(point);
        for (let k = 0; k < dimension; k++) out[index * dimension + k] = point[k]! + moved[k]!;
      });
      return out;
    },
    pieceOf(points) {
      const out = new Int32Array(points.length / dimension);
      eachPoint(points, (point, index) => (out[index] = largest(point).piece));
      return out;
    },
    potential(points) {
      const out = new Float64Array(points.length / dimension);
      eachPoint(points, (point, index) => (out[index] = dot(point, point) / 2 + largest(point).value));
      return out;
    },
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

function product(matrix: Float64Array, vector: Float64Array): Float64Array {
  const out = new Float64Array(vector.length);
  addProduct(matrix, vector, out);
  return out;
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < left.length; k++) sum += left[k]! * right[k]!;
  return sum;
}
