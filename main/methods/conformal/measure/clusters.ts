/** @file Coverage error within clusters of rows: CEC-X for clusters of features, CEC-Z for clusters of log densities. */
import { kmeans } from 'ml-kmeans';
import { stream } from '../../../../native-models';
import { chanceInterval } from '../../../calibration/band';

const CLUSTERS = 5;
/** k-means sees at most this many rows; all rows are then assigned. */
const MOST_ROWS = 4096;

/**
 * Centres [k, width] of k-means clusters of points [rows, width], at most five and no more than there are different
 * points. Take rows that are not test rows. Values that are not finite count as the smallest finite one of their column,
 * as for the logarithm of a density of 0.
 */
export function clusterCentres(points: ArrayLike<number>, width: number, seed: number): number[][] {
  const rows = points.length / width;
  const order = stream(seed, 'conformal.clusters.rows').permutation(rows).subarray(0, MOST_ROWS);
  const data = finiteRows(points, width, order);
  const different = new Set(data.map((row) => row.join()));
  const count = Math.min(CLUSTERS, different.size);
  const [key] = stream(seed, 'conformal.clusters.start').uint32(new Uint32Array(1));
  return kmeans(data, count, { seed: key!, initialization: 'kmeans++', maxIterations: 100 }).centroids;
}

/** For each of the points [rows, width] the nearest centre, counted from 0. */
export function nearestCentres(
  points: ArrayLike<number>,
  width: number,
  centres: readonly number[][],
): Uint8Array {
  const all = Int32Array.from({ length: points.length / width }, (_, row) => row);
  return Uint8Array.from(finiteRows(points, width, all), (row) => {
    const distances = centres.map((centre) =>
      centre.reduce((sum, value, k) => sum + (value - row[k]!) ** 2, 0),
    );
    return distances.reduce((best, distance, index) => (distance < distances[best]! ? index : best), 0);
  });
}

/**
 * Coverage by cluster; `labels` [rows] as `nearestCentres` gives them, `hits` [rows]. `error` is Σ_c w_c (cov_c − (1 − α))² · 100,
 * w_c the share of rows in cluster c (arXiv 2501.10533).
 * `clusters` are those with rows, the least covered first, with the exact 95 % interval of their coverage.
 */
export function clusterCoverage(labels: Uint8Array, hits: Uint8Array, alpha: number) {
  const rows = hits.length;
  const sums = new Map<number, { count: number; hit: number }>();
  for (let row = 0; row < rows; row++) {
    const sum = sums.get(labels[row]!) ?? { count: 0, hit: 0 };
    sums.set(labels[row]!, { count: sum.count + 1, hit: sum.hit + hits[row]! });
  }
  let error = 0;
  const clusters = [...sums.values()].map(({ count, hit }) => {
    const coverage = hit / count;
    error += (100 * count * (coverage - (1 - alpha)) ** 2) / rows;
    const [low, high] = chanceInterval(hit, count);
    return { count, coverage, low, high };
  });
  clusters.sort((a, b) => a.coverage - b.coverage || b.count - a.count);
  return { error, clusters };
}

function finiteRows(points: ArrayLike<number>, width: number, rows: Int32Array): number[][] {
  const floor = new Float64Array(width).fill(Infinity);
  for (const row of rows)
    for (let k = 0; k < width; k++) {
      const value = points[row * width + k]!;
      if (Number.isFinite(value)) floor[k] = Math.min(floor[k]!, value);
    }
  return Array.from(rows, (row) =>
    Array.from({ length: width }, (_, k) => {
      const value = points[row * width + k]!;
      return Number.isFinite(value) ? value : Number.isFinite(floor[k]!) ? floor[k]! : 0;
    }),
  );
}
