/** @file The points that residuals are carried to: spherically uniform on the unit ball, or on the positive simplex. */
import { stream } from '../../../native-models';
import { productOf } from '../../numerics/points';
import { normalQuantile, sobol, SOBOL_DIMENSIONS } from '../../numerics/sobol';

/** Points of a reference law, all of the same weight; copies of the origin are repeated points. */
export interface Reference {
  d: number;
  count: number;
  /** [count, d], those at the origin last. */
  points: Float32Array;
  /** How many of them lie at the origin. */
  originCopies: number;
}

/** n = radii·directions + originCopies (section 1.4). */
export interface ReferenceSizes {
  radii: number;
  directions: number;
  originCopies: number;
}

/** √count radii and the rest of the division at the origin, as ott-jax does. */
export function ottSizes(count: number): ReferenceSizes {
  const radii = Math.ceil(Math.sqrt(count));
  const directions = Math.floor(count / radii);
  return { radii, directions, originCopies: count - radii * directions };
}

/** The sizes that settings ask for. Few radii, many directions: beyond four targets sparse directions let sets leak (section 1.4). */
export function referenceSizes(settings: Omit<ReferenceSizes, 'directions'> & { gridSize: number }) {
  const { gridSize, radii, originCopies } = settings;
  return { radii, originCopies, directions: Math.max(1, Math.floor((gridSize - originCopies) / radii)) };
}

/**
 * Every direction at every radius 1/radii, 2/radii, …, 1: norms are uniform, as under the spherical uniform law. `seed` keys
 * the shift of the directions and their rotation.
 */
export function ballReference(
  d: number,
  { radii, directions, originCopies }: ReferenceSizes,
  { seed }: { seed: number },
): Reference {
  const count = radii * directions + originCopies;
  const unit = sphere(directions, d, seed);
  const points = new Float32Array(count * d);
  for (let radius = 1, at = 0; radius <= radii; radius++)
    for (let k = 0; k < unit.length; k++, at++) points[at] = (unit[k]! * radius) / radii;
  return { d, count, points, originCopies };
}

/**
 * [count, d] one direction for each of the radii 1, …, 1/(count−1), 0: every point has a norm of its own, so that ranks under
 * an assignment have few ties (arXiv 2501.18991 takes such a grid). The origin lies last, as in every reference.
 */
export function spiralPoints(d: number, count: number, seed: number): Float32Array {
  const unit = sphere(count, d, seed);
  return Float32Array.from(
    unit,
    (value, at) => (value * (count - 1 - Math.floor(at / d))) / Math.max(1, count - 1),
  );
}

/** For scores |one-hot − probabilities| of `classes`: points R·w with R = 0 … 1 and w uniform on the simplex (section 1.12). */
export function simplexReference(classes: number, count: number, seed: number): Reference {
  const uniform = stream(seed, 'conformal.simplex').uniform(new Float32Array(count * classes));
  const points = new Float32Array(count * classes);
  for (let k = 0; k < count; k++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum -= Math.log(uniform[k * classes + c]!);
    const radius = (count - 1 - k) / Math.max(1, count - 1);
    for (let c = 0; c < classes; c++)
      points[k * classes + c] = (-Math.log(uniform[k * classes + c]!) * radius) / sum;
  }
  return { d: classes, count, points, originCopies: 1 };
}

/** The same law with the origin kept once: [m, d] points and the logarithm of each one's number of copies. */
export function mergedOrigin({ d, count, points, originCopies }: Reference) {
  const kept = count - Math.max(0, originCopies - 1);
  const logCopies = new Float64Array(kept);
  if (originCopies > 1) logCopies[kept - 1] = Math.log(originCopies);
  return { points: points.slice(0, kept * d), logCopies };
}

/**
 * [count, d] unit vectors: Sobol points through the normal quantile, random normals in the coordinates beyond its table, all
 * turned by a random rotation.
 */
function sphere(count: number, d: number, seed: number): Float64Array {
  const covered = Math.min(d, SOBOL_DIMENSIONS);
  const even = sobol(count, covered, seed);
  const random = stream(seed, 'conformal.directions').normal(new Float32Array(count * (d - covered)));
  const out = new Float64Array(count * d);
  for (let k = 0; k < count; k++) {
    for (let c = 0; c < covered; c++) out[k * d + c] = normalQuantile(even[k * covered + c]!);
    for (let c = covered; c < d; c++) out[k * d + c] = random[k * (d - covered) + c - covered]!;
    normalise(out, k * d, d);
  }
  if (d === 1) return out;
  const rotation = randomRotation(d, seed);
  for (let at = 0; at < out.length; at += d) out.set(productOf(rotation, out.subarray(at, at + d)), at);
  return out;
}

/** [d, d] orthogonal, uniform: Gram and Schmidt's steps on normal rows. */
function randomRotation(d: number, seed: number): Float64Array {
  const rows = Float64Array.from(stream(seed, 'conformal.rotation').normal(new Float32Array(d * d)));
  for (let i = 0; i < d; i++) {
    // Twice, for rows that are nearly dependent.
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += rows[i * d + c]! * rows[j * d + c]!;
        for (let c = 0; c < d; c++) rows[i * d + c]! -= dot * rows[j * d + c]!;
      }
    normalise(rows, i * d, d);
  }
  return rows;
}

function normalise(values: Float64Array, at: number, d: number): void {
  let square = 0;
  for (let c = at; c < at + d; c++) square += values[c]! ** 2;
  const norm = Math.sqrt(square);
  for (let c = at; c < at + d; c++) values[c]! /= norm || 1;
}
