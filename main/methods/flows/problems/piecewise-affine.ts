/** @file A Brenier map with corners: the gradient of the largest of several convex quadratics (LSC, section 4). */
import { stream } from '../../../../native-models';

/** Variance of the coordinates of the centres (LSC, section 4). */
const CENTRE_VARIANCE = 3;

export interface PiecewiseAffine {
  dimension: number;
  pieces: number;
  /** d/2 rounded down, at least 1: the rank of each H. */
  rank: number;
  /** [pieces, dimension, rank] G_i with H_i = G_i·G_iᵀ/rank; entries standard normal. */
  factors: Float64Array;
  /** [pieces, dimension] m_i ~ N(0, 3·I), less their mean over the pieces. */
  centres: Float64Array;
  /** [pieces] ‖A_i m_i‖² = m_iᵀ H_i m_i, subtracted from each quadratic. */
  offsets: Float64Array;
}

/**
 * u(x) = max_i ½‖x‖² + ½(x−m_i)ᵀH_i(x−m_i) − m_iᵀH_i m_i. The paper leaves the scale of the Wishart matrices open;
 * here E H_i = I.
 */
export function piecewiseAffine(dimension: number, pieces: number, seed: number): PiecewiseAffine {
  const rank = Math.max(1, Math.floor(dimension / 2));
  const normal = (label: string, length: number) =>
    Float64Array.from(stream(seed, label).normal(new Float32Array(length)));
  const factors = normal('flows.problem.factors', pieces * dimension * rank);
  const centres = normal('flows.problem.centres', pieces * dimension).map(
    (value) => value * Math.sqrt(CENTRE_VARIANCE),
  );
  for (let k = 0; k < dimension; k++) {
    let mean = 0;
    for (let piece = 0; piece < pieces; piece++) mean += centres[piece * dimension + k]! / pieces;
    for (let piece = 0; piece < pieces; piece++) centres[piece * dimension + k]! -= mean;
  }
  const problem = { dimension, pieces, rank, factors, centres, offsets: new Float64Array(pieces) };
  const scratch = new Float64Array(rank);
  const origin = new Float32Array(dimension);
  for (let piece = 0; piece < pieces; piece++)
    problem.offsets[piece] = quadraticForm(problem, piece, origin, 0, scratch);
  return problem;
}

/** u at each of `points` [n, dimension]. */
export function piecewiseAffinePotential(problem: PiecewiseAffine, points: Float32Array): Float64Array {
  const { dimension } = problem;
  return Float64Array.from({ length: points.length / dimension }, (_, row) => {
    let norm = 0;
    for (let k = 0; k < dimension; k++) norm += points[row * dimension + k]! ** 2;
    return norm / 2 + largest(problem, points, row * dimension, new Float64Array(problem.rank)).value;
  });
}

/** T₀(x) = x + H_i(x − m_i) for the piece i that is largest at x: ∇u, at every one of `points` [n, dimension]. */
export function piecewiseAffineMap(problem: PiecewiseAffine, points: Float32Array): Float32Array {
  const { dimension, rank, factors } = problem;
  const out = points.slice();
  const projected = new Float64Array(rank);
  for (let at = 0; at < points.length; at += dimension) {
    const { piece } = largest(problem, points, at, projected);
    quadraticForm(problem, piece, points, at, projected);
    for (let k = 0, from = piece * dimension * rank; k < dimension; k++) {
      let sum = 0;
      for (let r = 0; r < rank; r++, from++) sum += factors[from]! * projected[r]!;
      out[at + k] = points[at + k]! + sum / rank;
    }
  }
  return out;
}

/** The piece with the largest quadratic, without the ½‖x‖² that all share. */
function largest(
  problem: PiecewiseAffine,
  points: Float32Array,
  at: number,
  scratch: Float64Array,
): { piece: number; value: number } {
  let [piece, value] = [0, -Infinity];
  for (let candidate = 0; candidate < problem.pieces; candidate++) {
    const own = quadraticForm(problem, candidate, points, at, scratch) / 2 - problem.offsets[candidate]!;
    if (own > value) [piece, value] = [candidate, own];
  }
  return { piece, value };
}

/** (x−m)ᵀH(x−m) = ‖Gᵀ(x−m)‖²/rank; leaves Gᵀ(x−m) in `projected`. */
function quadraticForm(
  { dimension, rank, factors, centres }: PiecewiseAffine,
  piece: number,
  points: Float32Array,
  at: number,
  projected: Float64Array,
): number {
  projected.fill(0);
  for (let k = 0, from = piece * dimension * rank; k < dimension; k++) {
    const offset = points[at + k]! - centres[piece * dimension + k]!;
    for (let r = 0; r < rank; r++, from++) projected[r]! += factors[from]! * offset;
  }
  let sum = 0;
  for (let r = 0; r < rank; r++) sum += projected[r]! ** 2;
  return sum / rank;
}
