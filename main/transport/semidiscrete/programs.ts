/**
 * @file Scores of noise points against all rows of the data as ONNX programs, s_ij = (x_i·y_j + g_j)/ε: what the ascent
 * needs of them, and a row for every noise point. The table of scores exists for some noise points at a time only.
 */
import { argMax, divide, log, multiply, reduceSum, reshape, square, subtract } from '../../../native-models';
import { floats, rowArray, runTiles, scalar } from '../../compute/run-rows';
import type { Compute, Session } from '../../contract/compute';
import { transposed } from '../../numerics/points';
import { fromLargest, scoreProgram, type Reduction } from '../scores';

/** Scores in memory at a time. */
const LARGEST_TABLE = 2 ** 22;
/** Columns whose weights are added up by the program; a draw looks at single columns in one such block only. */
const BLOCK = 128;
/** Stands for a row that does not exist: its weight is 0. */
const NEVER = -1e30;

/** The data with the programs on it. Owned by whoever opened it. */
export type RowScores = ReturnType<typeof openRowScores>;

/** Opens the programs for the rows `y` [rows, dimension]; ε is absolute, in units of the cost. */
export function openRowScores(compute: Compute, y: Float32Array, dimension: number, epsilon: number) {
  const rows = y.length / dimension;
  const blocks = Math.ceil(rows / BLOCK);
  const inverseEpsilon = epsilon > 0 ? 1 / epsilon : 1;
  const opened = new Map<string, Session>();

  /** Runs the program of a reduction, opened when it is first asked for, on noise points; columns that fill up to `width` never win. */
  async function* run(name: string, reduce: Reduction, points: Float32Array, g: Float64Array, width = rows) {
    const program = () => scoreProgram(name, transposed(y, dimension, width), dimension, reduce);
    const session = opened.get(name) ?? (await compute.open(program(), { device: 'cpu', label: name }));
    opened.set(name, session);
    const potential = new Float32Array(width).fill(NEVER);
    g.forEach((value, j) => (potential[j] = value * inverseEpsilon));
    const size = Math.max(1, Math.min(points.length / dimension, Math.floor(LARGEST_TABLE / rows)));
    yield* runTiles(session, { points: rowArray(points, dimension) }, size, {
      potential: floats(potential),
      inverseEpsilon: scalar(inverseEpsilon),
    });
  }

  /** ε = 0: every noise point takes the row of its largest score, a maximum inner-product search. */
  async function bestRows(points: Float32Array, g: Float64Array): Promise<Int32Array> {
    const out = new Int32Array(points.length / dimension);
    for await (const { first, output } of run(
      'bestRows',
      (scores) => ({ best: argMax(scores, 1) }),
      points,
      g,
    ))
      out.set(output.best!.data as Int32Array, first);
    return out;
  }

  return {
    /**
     * How often each row is taken by the noise `points` [n, dimension] under the potential g [rows], in units of the cost:
     * [rows] Σ_i Q_ij and Σ_i Q_ij², Q_i· being the shares of noise point i.
     */
    async usage(points: Float32Array, g: Float64Array) {
      const sums = new Float64Array(rows);
      if (epsilon === 0) {
        for (const row of await bestRows(points, g)) sums[row]!++;
        return { sums, squares: sums.slice() };
      }
      const squares = new Float64Array(rows);
      for await (const { output } of run('rowUsage', usage, points, g)) {
        (output.sums!.data as Float32Array).forEach((value, j) => (sums[j]! += value));
        (output.squares!.data as Float32Array).forEach((value, j) => (squares[j]! += value));
      }
      return { sums, squares };
    },
    /**
     * [n] a row for each noise point: the best one at ε = 0, else drawn from Q_i· by the given uniform numbers [n]; and Σ_i of
     * the entropies of Q_i·, nats.
     */
    async draw(points: Float32Array, g: Float64Array, uniform: Float32Array) {
      if (epsilon === 0) return { rows: await bestRows(points, g), entropy: 0 };
      const out = new Int32Array(points.length / dimension);
      let entropy = 0;
      for await (const { first, count, output } of run('rowDraw', blockWeights, points, g, blocks * BLOCK)) {
        const weights = output.weights!.data as Float32Array;
        const sums = output.sums!.data as Float32Array;
        for (const value of output.entropy!.data as Float32Array) entropy += value;
        for (let k = 0; k < count; k++)
          out[first + k] = drawOne(
            sums.subarray(k * blocks, (k + 1) * blocks),
            weights.subarray(k * blocks * BLOCK, (k + 1) * blocks * BLOCK),
            uniform[first + k]!,
          );
      }
      return { rows: out, entropy };
    },
    async close(): Promise<void> {
      for (const session of opened.values()) await session.close();
    },
  };
}

/** Inverts the distribution function: first over the blocks, then within one. */
function drawOne(sums: Float32Array, weights: Float32Array, uniform: number): number {
  let left = uniform * sums.reduce((sum, value) => sum + value, 0);
  let block = 0;
  while (block < sums.length - 1 && left >= sums[block]!) left -= sums[block++]!;
  let chosen = -1;
  for (let j = block * BLOCK; j < (block + 1) * BLOCK; j++) {
    // Rounding may leave a rest behind the last column: then the last with any weight is meant.
    if (!(weights[j]! > 0)) continue;
    chosen = j;
    left -= weights[j]!;
    if (left < 0) break;
  }
  // A block can be without weight only where rounding ended the walk over the blocks one too late.
  return chosen >= 0 ? chosen : weights.findLastIndex((weight) => weight > 0);
}

const usage: Reduction = (scores) => {
  const { weights } = fromLargest(scores);
  const shares = divide(weights, reduceSum(weights, 1, true));
  return { sums: reduceSum(shares, 0), squares: reduceSum(square(shares), 0) };
};

/** Weights e^{s − max s} in whole blocks of columns, their sums, and the entropy H = log Σw − Σ w·(s − max s)/Σw. */
const blockWeights: Reduction = (scores) => {
  const { below, weights } = fromLargest(scores);
  const total = reduceSum(weights, 1);
  const entropy = subtract(log(total), divide(reduceSum(multiply(weights, below), 1), total));
  const blocks = (scores.shape[1] as number) / BLOCK;
  return { weights, sums: reduceSum(reshape(weights, ['rows', blocks, BLOCK]), 2), entropy };
};
