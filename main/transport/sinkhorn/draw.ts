/** @file Pairs from a solved coupling: every row once, rows at random, or every row with its likeliest column. */
import { stream } from '../../../native-models';
import type { Compute } from '../../contract/compute';
import { gatherRows } from '../../numerics/gather';
import { largestNorm, normsOf, rowProduct } from '../../numerics/points';
import { stretchOf } from '../../numerics/stretches';
import type { CoupledClouds, WorkOptions } from '../kernel';
import { scoreTiles } from '../programs';
import { rowStatistics } from './rows';
import { sampleRows, type SampleOptions } from './sample';

export type Sampling = 'stratified' | 'flat' | 'likeliest';

/** How pairs are drawn, with [n] the mass of each row, in any scale, for flat draws; default the same for all. */
type PairDrawOptions = SampleOptions & { sampling: Sampling; rowMasses?: Float64Array };

/**
 * Draws as many pairs as there are rows: [n] `rows` and `columns` of each pair, 0 … n−1 in order unless the draw is flat, and
 * [n] `rowEntropy`, that of each row's distribution over columns in nats; of all rows, drawn or not. Null when stopped. The
 * draw depends on (seed, label) and no tiling.
 */
export async function drawPairs(
  compute: Compute,
  clouds: CoupledClouds,
  { sampling, rowMasses, ...options }: PairDrawOptions,
) {
  const count = clouds.x.length / clouds.dimension;
  const inOrder = Int32Array.from({ length: count }, (_, k) => k);
  if (sampling === 'stratified') {
    const drawn = await sampleRows(compute, clouds, options);
    return drawn && { rows: inOrder, ...drawn };
  }
  const { device, shouldStop } = options;
  const rowEntropy = await rowStatistics(compute, clouds, { device, shouldStop });
  if (!rowEntropy) return null;
  if (sampling === 'likeliest') {
    const columns = await likeliestColumns(compute, clouds, options);
    return columns && { rows: inOrder, columns, rowEntropy };
  }
  const rows = randomRows(count, rowMasses, options);
  // Each draw is a row of its own, so that a point drawn twice has two chances and not the same one twice.
  const repeated = { ...clouds, x: gatherRows(clouds.x, clouds.dimension, rows) };
  const drawn = await sampleRows(compute, repeated, options);
  return drawn && { rows, columns: drawn.columns, rowEntropy };
}

/** [count] rows with replacement, in proportion to their masses. */
function randomRows(count: number, masses: Float64Array | undefined, { seed, label }: SampleOptions) {
  const random = stream(seed, `${label}.rows`);
  if (!masses) return random.integers(new Int32Array(count), count);
  const upTo = new Float64Array(count);
  let total = 0;
  masses.forEach((mass, k) => (upTo[k] = total += mass));
  return Int32Array.from(random.uniform(new Float32Array(count)), (share) => stretchOf(upTo, share * total));
}

/**
 * The column of largest P_ij in each row, the first of equals. Scores come in 32 bits; what lies within their rounding of the best
 * is scored again in 64, so that the answer does not depend on tiles. Null when stopped.
 */
async function likeliestColumns(
  compute: Compute,
  clouds: CoupledClouds,
  { device, tileRows, shouldStop }: WorkOptions,
): Promise<Int32Array | null> {
  const { x, y, dimension, epsilon, g } = clouds;
  const columns = new Int32Array(x.length / dimension);
  const norms = normsOf(x, dimension);
  const farthest = largestNorm(y, dimension);
  for await (const { first, count, scores } of scoreTiles(compute, clouds, { device, tileRows })) {
    if (shouldStop?.()) return null;
    for (let row = first; row < first + count; row++) {
      const own = scores.subarray((row - first) * g.length, (row - first + 1) * g.length);
      let largest = -Infinity;
      for (const score of own) if (score > largest) largest = score;
      const slack = 2e-4 + (norms[row]! * farthest * 8e-6) / epsilon;
      let best = -Infinity;
      for (let j = 0; j < own.length; j++) {
        if (own[j]! < largest - slack) continue;
        const score = rowProduct(x, row, y, j, dimension) / epsilon + g[j]!;
        if (score <= best) continue;
        best = score;
        columns[row] = j;
      }
    }
  }
  return columns;
}
