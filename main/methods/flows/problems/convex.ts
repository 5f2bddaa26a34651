/**
 * @file A smooth Brenier map: the gradient of ½‖x‖² plus a random input-convex network (Amos, Xu and Kolter 2017).
 *
 * The network is that of native-models' `supportTrunk`; its gradient is written out here, since a map is asked for
 * synchronously and by the million. A test holds it against the automatic one.
 */
import { stream } from '../../../../native-models';

/** φ(z) = a·z + (1−a)·softplus(βz)/β, increasing and convex. */
export const SLOPE = 0.1;
export const SHARPNESS = 4;
/** Root mean square of the network's part of the map, about that of the identity's. */
const STRENGTH = 2;

export interface ConvexProblem {
  dimension: number;
  /** Units of both hidden layers. */
  width: number;
  /** z₁ = φ(x·first + firstBias), z₂ = φ(z₁·second + x·inject + secondBias), network = z₂·last; row-major [inputs, outputs]. */
  first: Float32Array;
  firstBias: Float32Array;
  /** Not negative. */
  second: Float32Array;
  secondBias: Float32Array;
  inject: Float32Array;
  /** Not negative. */
  last: Float32Array;
}

/** Convex by construction: weights behind an activation are not negative, activations increasing and convex. */
export function convexProblem(dimension: number, seed: number): ConvexProblem {
  const width = 4 * dimension;
  const normal = (label: string, length: number, deviation: number) =>
    stream(seed, `flows.problem.${label}`)
      .normal(new Float32Array(length))
      .map((value) => value * deviation);
  const root = 1 / Math.sqrt(dimension);
  return {
    dimension,
    width,
    first: normal('first', dimension * width, root),
    firstBias: normal('firstBias', width, 1),
    second: normal('second', width * width, 1 / width).map(Math.abs),
    secondBias: normal('secondBias', width, 1),
    inject: normal('inject', dimension * width, root),
    last: normal('last', width, (STRENGTH * dimension) / width).map(Math.abs),
  };
}

/** ∇(½‖x‖² + network) at each of `points` [n, dimension]. */
export function convexMap(problem: ConvexProblem, points: Float32Array): Float32Array {
  const { dimension, width, first, second, inject, last } = problem;
  const out = points.slice();
  const [one, two] = [new Float64Array(width), new Float64Array(width)];
  const [slopeOne, slopeTwo] = [new Float64Array(width), new Float64Array(width)];
  for (let at = 0; at < points.length; at += dimension) {
    one.set(problem.firstBias);
    two.set(problem.secondBias);
    for (let k = 0, from = 0; k < dimension; k++) {
      const x = points[at + k]!;
      for (let j = 0; j < width; j++, from++) {
        one[j]! += x * first[from]!;
        two[j]! += x * inject[from]!;
      }
    }
    for (let i = 0, from = 0; i < width; i++) {
      const gate = 1 / (1 + Math.exp(-SHARPNESS * one[i]!));
      slopeOne[i] = SLOPE + (1 - SLOPE) * gate;
      const value = SLOPE * one[i]! + ((1 - SLOPE) * softplus(SHARPNESS * one[i]!)) / SHARPNESS;
      for (let j = 0; j < width; j++, from++) two[j]! += value * second[from]!;
    }
    for (let j = 0; j < width; j++)
      slopeTwo[j] = (SLOPE + (1 - SLOPE) / (1 + Math.exp(-SHARPNESS * two[j]!))) * last[j]!;
    for (let i = 0, from = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++, from++) sum += second[from]! * slopeTwo[j]!;
      slopeOne[i]! *= sum;
    }
    for (let k = 0, from = 0; k < dimension; k++) {
      let sum = 0;
      for (let j = 0; j < width; j++, from++)
        sum += first[from]! * slopeOne[j]! + inject[from]! * slopeTwo[j]!;
      out[at + k] = points[at + k]! + sum;
    }
  }
  return out;
}

function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}
