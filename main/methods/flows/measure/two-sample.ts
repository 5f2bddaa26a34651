/** @file Comparisons of two clouds: energy, nearest neighbours, precision and recall, exact W2, and the error of a known map. */
import type { Compute } from '../../../contract/compute';
import { meanPoint, squaredDistance } from '../../../numerics/points';
import { coupleExactly } from '../../../transport/exact';

/** Pairs of distances grow with n²: more points are not compared. */
const MOST_COMPARED = 2048;
/** Multiplications for one table of distances: in high dimension fewer points are compared. */
const MOST_WORK = 2 ** 28;
const FEWEST_COMPARED = 256;
/** Neighbours whose distance is the radius of a point's ball (Kynkäänniemi et al., arXiv 1904.06991). */
const MANIFOLD_NEIGHBOURS = 3;

/** Compares `generated` with `real`, both [n, dimension]; only the first 2,048 of each, fewer above 64 dimensions. */
export function twoSample(generated: Float32Array, real: Float32Array, dimension: number) {
  const count = comparedPoints(generated, real, dimension);
  const cross = distances(generated, real, count, dimension);
  const [own, others] = [generated, real].map((cloud) => distances(cloud, cloud, count, dimension));
  const pairs = count * (count - 1);
  const sum = (table: Float32Array) => table.reduce((total, value) => total + value, 0);
  const energy = (2 * sum(cross)) / count ** 2 - (sum(own!) + sum(others!)) / pairs;
  const [inside, outside] = [radii(own!, count), radii(others!, count)];
  let [alike, within, covered] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    let [across, back] = [Infinity, Infinity];
    let [held, holds] = [false, false];
    for (let j = 0; j < count; j++) {
      const [there, here] = [cross[i * count + j]!, cross[j * count + i]!];
      across = Math.min(across, there);
      back = Math.min(back, here);
      held ||= there <= outside.manifold[j]!;
      holds ||= here <= inside.manifold[j]!;
    }
    alike += Number(inside.nearest[i]! < across) + Number(outside.nearest[i]! < back);
    within += Number(held);
    covered += Number(holds);
  }
  return {
    /** 2E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖, unbiased; it can fall below 0 (Székely and Rizzo 2013). */
    energy,
    /** Share of points whose nearest neighbour is of their own cloud: .5 where the clouds cannot be told apart. */
    nearestNeighbour: alike / (2 * count),
    /** Share of generated points within the real cloud's balls, and of real ones within the generated. */
    precision: within / count,
    recall: covered / count,
  };
}

/** W2 of the first 2,048 points, fewer above 64 dimensions, by an exact assignment, in the points' units; null when stopped. */
export async function exactWasserstein2(
  compute: Compute,
  left: Float32Array,
  right: Float32Array,
  dimension: number,
  shouldStop?: () => boolean,
): Promise<number | null> {
  const count = comparedPoints(left, right, dimension);
  const [x, y] = [left, right].map((cloud) => cloud.slice(0, count * dimension));
  const paired = await coupleExactly(compute, x!, y!, dimension, { shouldStop });
  if (!paired) return null;
  let sum = 0;
  for (let i = 0; i < count; i++)
    for (let k = 0; k < dimension; k++)
      sum += (x![i * dimension + k]! - y![paired.columns[i]! * dimension + k]!) ** 2;
  return Math.sqrt(sum / count);
}

/**
 * L2-UVP (Korotin et al., arXiv 2106.01954), percent: 100·mean‖T_θ(x) − T₀(x)‖² / Var(ν), with the total variance of the
 * data. 0 is the map itself, 100 as far as the constant map to the mean.
 */
export function unexplainedVariance(
  reached: Float32Array,
  truth: Float32Array,
  dimension: number,
  totalVariance: number,
): number {
  let sum = 0;
  for (let k = 0; k < reached.length; k++) sum += (reached[k]! - truth[k]!) ** 2;
  return (100 * sum) / ((reached.length / dimension) * totalVariance);
}

/** Sum over columns of the variance of `points` [n, dimension]. */
export function totalVariance(points: Float32Array, dimension: number): number {
  const mean = meanPoint(points, dimension);
  const squares = new Float64Array(dimension);
  points.forEach((value, k) => (squares[k % dimension]! += (value - mean[k % dimension]!) ** 2));
  const rows = points.length / dimension;
  return squares.reduce((total, square) => total + square / rows, 0);
}

function comparedPoints(left: Float32Array, right: Float32Array, dimension: number): number {
  const affordable = Math.max(FEWEST_COMPARED, Math.floor(Math.sqrt(MOST_WORK / dimension)));
  return Math.min(MOST_COMPARED, affordable, left.length / dimension, right.length / dimension);
}

/** [count, count] Euclidean distances. */
function distances(x: Float32Array, y: Float32Array, count: number, dimension: number): Float32Array {
  const out = new Float32Array(count * count);
  for (let i = 0, at = 0; i < count; i++)
    for (let j = 0; j < count; j++, at++) out[at] = Math.sqrt(squaredDistance(x, i, y, j, dimension));
  return out;
}

/** Distance of each point to its nearest other and to the k-th nearest. */
function radii(table: Float32Array, count: number): { nearest: Float32Array; manifold: Float32Array } {
  const [nearest, manifold] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    const row = table.slice(i * count, (i + 1) * count);
    row[i] = Infinity;
    row.sort();
    nearest[i] = row[0]!;
    manifold[i] = row[Math.min(MANIFOLD_NEIGHBOURS, count - 1) - 1] ?? Infinity;
  }
  return { nearest, manifold };
}
