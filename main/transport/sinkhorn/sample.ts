/**
 * @file One column for every row of a Sinkhorn coupling, drawn in two stages by the Gumbel-max trick, and the rows' entropies
 * from the same pass.
 *
 * Columns lie in blocks of 64. Row i takes the block b of largest L_ib + G_ib with L_ib = log Σ_{j in b} exp(s_ij) and
 * s_ij = x_i·y_j/ε + g_j, and in it the column of largest s_ij + G'_ij: together exactly a draw from P's row. The Gumbel
 * variables −log(−log u) come from keyed random matrices, so that the draw does not depend on how the work is cut, and
 * only the sums of blocks leave the runtime: a 64th of the table, some rows at a time.
 */
import { fillUniformRow, multiply, reduceSum, reshape, type Tensor } from '../../../native-models';
import { floats, scalar } from '../../compute/run-rows';
import type { Compute } from '../../contract/compute';
import { largestNorm, normsOf, rowProduct, transposed } from '../../numerics/points';
import type { CoupledClouds, WorkOptions } from '../kernel';
import { fromLargest, scoreProgram } from '../scores';
import { lanesFor, openBlockProgram, planShards, rowsOfShard } from '../shards';

export interface SampleOptions extends Omit<WorkOptions, 'keepTable'> {
  /** The key of the draw: the same (seed, label) gives the same columns. */
  seed: number;
  label: string;
}

/** Columns of a block. */
export const COLUMN_BLOCK = 64;
/** Sums of blocks that come back from one run, at most. */
const LARGEST_ANSWER = 2 ** 21;
/** Columns that fill up the last block; far below any score, so that their weight is exactly 0. */
const NOWHERE = -1e30;

/** The label that keys the blocks' noise; that of the columns is the draw's own. */
export function blockLabel(label: string): string {
  return `${label} / blocks`;
}

/**
 * Draws from P: [n] the column of each row, and [n] the entropy of each row's normalised distribution over columns, in nats.
 * Null when stopped.
 */
export async function sampleRows(
  compute: Compute,
  clouds: CoupledClouds,
  { seed, label, device, tileRows, shouldStop }: SampleOptions,
) {
  const { x, y, dimension, epsilon, g } = clouds;
  const blocks = Math.ceil(g.length / COLUMN_BLOCK);
  const plan = planShards(x.length / dimension, blocks * COLUMN_BLOCK);
  const lanes = await lanesFor(compute, plan, device);
  const fixed = transposed(y, dimension, plan.width);
  const program = openBlockProgram(plan, lanes, { device, label: 'sinkhorn draw' }, (count) =>
    blockProgram(fixed, dimension, plan.block, count),
  );
  const potential = new Float32Array(plan.width).fill(NOWHERE);
  potential.set(g);
  const shared = { potential: floats(potential), inverseEpsilon: scalar(1 / epsilon) };
  const columns = new Int32Array(plan.rows);
  const rowEntropy = new Float64Array(plan.rows);
  const draw = raceOn(clouds, seed, label);
  const most = Math.max(1, Math.min(plan.shardBlocks * plan.block, Math.floor(LARGEST_ANSWER / blocks)));
  let stopped = false;
  try {
    await program.sweep(
      Math.min(tileRows ?? most, most),
      (piece) => {
        if (stopped || (stopped = shouldStop?.() ?? false)) return null;
        return { ...shared, points: rowsOfShard(x, dimension, piece, plan) };
      },
      ({ first, count }, output) => {
        const sums = output.sums!.data as Float32Array;
        const weighted = output.weighted!.data as Float32Array;
        for (let k = 0; k < count; k++) {
          const own = sums.subarray(k * blocks, (k + 1) * blocks);
          rowEntropy[first + k] = entropyOf(own, weighted[k]!);
          columns[first + k] = draw(first + k, own);
        }
      },
    );
  } finally {
    await program.close();
  }
  return stopped ? null : { columns, rowEntropy };
}

/** H = log s − t/s with s = Σ e^a and t = Σ a·e^a, a from the row's largest score; rounding must not make it negative. */
function entropyOf(sums: Float32Array, weighted: number): number {
  let total = 0;
  for (const sum of sums) total += sum;
  return Math.max(0, Math.log(total) - weighted / total);
}

/** Per row: the sums of e^a over each block of columns, and Σ a·e^a over all, a from the row's largest score. */
function blockProgram(columns: Float32Array, dimension: number, block: number, count: number): Uint8Array {
  const blocks = columns.length / dimension / COLUMN_BLOCK;
  const reduce = (scores: Tensor) => {
    const { below, weights } = fromLargest(scores);
    const sums = reduceSum(reshape(weights, [block, blocks, COLUMN_BLOCK]), 2);
    return { sums, weighted: reduceSum(multiply(weights, below), 1) };
  };
  return scoreProgram('sinkhornDraw', columns, dimension, reduce, { block, blocks: count });
}

/**
 * The draws of one row after the other, in buffers that are made once: the column of a row with these sums over blocks, in
 * any scale.
 */
function raceOn(clouds: CoupledClouds, seed: number, label: string) {
  const { x, y, dimension, epsilon, g } = clouds;
  const noise = new Float64Array(Math.ceil(g.length / COLUMN_BLOCK));
  const inner = new Float64Array(COLUMN_BLOCK);
  const scores = new Float64Array(COLUMN_BLOCK);
  const norms = normsOf(x, dimension);
  const farthest = largestNorm(y, dimension);

  return (row: number, sums: Float32Array) => {
    const block = drawBlock(row, sums);
    const count = score(row, block);
    fillUniformRow(seed, label, row, block * COLUMN_BLOCK, inner);
    let chosen = 0;
    let highest = -Infinity;
    for (let k = 0; k < count; k++) {
      const value = scores[k]! - Math.log(-Math.log(inner[k]!));
      if (value > highest) {
        highest = value;
        chosen = k;
      }
    }
    return block * COLUMN_BLOCK + chosen;
  };

  /**
   * Written as an exponential race: the block of least −log(u)/sum. What could still win within the rounding of 32-bit
   * scores is summed again in 64 bits and a fixed order, so that the winner is the same whoever made the sums.
   */
  function drawBlock(row: number, sums: Float32Array): number {
    // A bound on the size of the terms that cancel in a score: ‖x_i‖·max‖y_j‖/ε.
    const scale = (norms[row]! * farthest) / epsilon;
    const slack = Math.exp(2e-4 + scale * 8e-6);
    const uniform = fillUniformRow(seed, blockLabel(label), row, 0, noise);
    const candidates: { block: number; exponential: number; ratio: number }[] = [];
    let best = Infinity;
    for (let block = 0; block < sums.length; block++) {
      const bar = sums[block]! * best * slack;
      // −log u ≥ 1 − u spares most logarithms. A block without weight never wins; 0·∞ is NaN and passes neither test.
      if (!(1 - uniform[block]! < bar)) continue;
      const exponential = -Math.log(uniform[block]!);
      if (exponential >= bar) continue;
      const ratio = exponential / sums[block]!;
      candidates.push({ block, exponential, ratio });
      if (ratio < best) best = ratio;
    }
    const close = candidates.filter(({ ratio }) => ratio < best * slack);
    if (close.length === 1) return close[0]!.block;
    let chosen = 0;
    let highest = -Infinity;
    for (const { block, exponential } of close) {
      const value = logSum(row, block) - Math.log(exponential);
      if (value > highest) {
        highest = value;
        chosen = block;
      }
    }
    return chosen;
  }

  /** Fills in the scores of a block's columns and says how many there are. */
  function score(row: number, block: number): number {
    const first = block * COLUMN_BLOCK;
    const count = Math.min(COLUMN_BLOCK, g.length - first);
    for (let k = 0; k < count; k++)
      scores[k] = rowProduct(x, row, y, first + k, dimension) / epsilon + g[first + k]!;
    return count;
  }

  function logSum(row: number, block: number): number {
    const count = score(row, block);
    let largest = -Infinity;
    for (let k = 0; k < count; k++) largest = Math.max(largest, scores[k]!);
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(scores[k]! - largest);
    return largest + Math.log(sum);
  }
}
