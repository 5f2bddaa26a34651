/**
 * @file A pair of clouds as a kernel on ONNX Runtime: the fused step for potentials that nearly fit, half-steps protected by
 * each row's maximum for those that do not.
 *
 * No more than one block of rows against all columns exists at a time. The other cloud is a constant of the programs, which
 * the runtime packs once. In very high dimension and for small clouds the products x·y are computed once and kept.
 */
import { add, log, reduceSum, type Tensor } from '../../native-models';
import { closingTiles, floats, rowArray, scalar } from '../compute/run-rows';
import type { Compute } from '../contract/compute';
import { transposed } from '../numerics/points';
import { openFusedStep, openTableFusedStep } from './fused';
import type { Clouds, CoupledClouds, SinkhornKernel, TileOptions } from './kernel';
import { fromLargest, scoreProgram } from './scores';
import { lanesFor, openBlockProgram, planShards, rowsOfShard } from './shards';

/** One tile of scores: rows `first … first+count−1` against all columns, row-major. */
export interface ScoreTile {
  first: number;
  count: number;
  scores: Float32Array;
}

const LARGEST_TABLE = 2 ** 24;
/** From here on the products cost clearly more than reading them from memory. */
const TABLE_FROM_DIMENSION = 128;

/** Uses the sums for two clouds, and closes them. */
export async function withKernel<T>(
  compute: Compute,
  { x, y, dimension }: Clouds,
  options: TileOptions,
  use: (kernel: SinkhornKernel) => Promise<T>,
): Promise<T> {
  const kernel = await openKernel(compute, x, y, dimension, options);
  try {
    return await use(kernel);
  } finally {
    await kernel.close();
  }
}

/** Opens the sums for clouds `x` [n, dimension] and `y` [m, dimension]; centre them first. */
export async function openKernel(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: TileOptions = {},
): Promise<SinkhornKernel> {
  const [rows, columns] = [x.length / dimension, y.length / dimension];
  const plan = planShards(rows, columns);
  const { device, tileRows } = options;
  const keepTable =
    options.keepTable ?? (dimension >= TABLE_FROM_DIMENSION && rows * columns <= LARGEST_TABLE);
  const lanes = keepTable ? [compute] : await lanesFor(compute, plan, device);
  const fusedOptions = { lanes, plan, device, tileRows };
  const kept = keepTable ? await productTable(compute, x, y, dimension, options) : undefined;
  const fused = kept
    ? openTableFusedStep(kept.table, fusedOptions)
    : openFusedStep(x, y, dimension, fusedOptions);
  const rowStep = openHalfStep(lanes, x, y, dimension, options);
  const columnStep = openHalfStep(lanes, y, x, dimension, options);
  return {
    rows,
    columns,
    deviation: kept?.deviation,
    reduceRows: rowStep.run,
    reduceColumns: columnStep.run,
    step: fused.step,
    async close() {
      await fused.close();
      await rowStep.close();
      await columnStep.close();
    },
  };
}

/** Log-sum-exps log Σ_j exp(a_i·b_j/ε + potential_j) for the rows of `a`, each row protected by its maximum. */
function openHalfStep(
  lanes: readonly Compute[],
  a: Float32Array,
  b: Float32Array,
  dimension: number,
  { device, tileRows }: TileOptions,
) {
  const plan = planShards(a.length / dimension, b.length / dimension);
  const columns = transposed(b, dimension);
  const program = openBlockProgram(plan, lanes, { device, label: 'sinkhorn half-step' }, (blocks) =>
    scoreProgram('sinkhornHalfStep', columns, dimension, logSums, { block: plan.block, blocks }),
  );
  return {
    run: async (potential: Float64Array, epsilon: number): Promise<Float64Array> => {
      const sums = new Float64Array(plan.rows);
      const fixed = { potential: floats(Float32Array.from(potential)), inverseEpsilon: scalar(1 / epsilon) };
      await program.sweep(
        tileRows,
        (piece) => ({ ...fixed, points: rowsOfShard(a, dimension, piece, plan) }),
        ({ first, count }, output) => sums.set((output.sums!.data as Float32Array).subarray(0, count), first),
      );
      return sums;
    },
    close: () => program.close(),
  };
}

/** log Σ_j e^{s_j} of each row, protected by its largest score. */
function logSums(scores: Tensor) {
  const { largest, weights } = fromLargest(scores);
  return { sums: add(largest, log(reduceSum(weights, 1, true))) };
}

/** [n, m] the products x·y, filled up to whole blocks with zeros, and their standard deviation. */
async function productTable(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  { device }: TileOptions,
): Promise<{ table: Float32Array; deviation: number }> {
  const plan = planShards(x.length / dimension, y.length / dimension);
  const { rows, width } = plan;
  const table = new Float32Array(plan.blocks * plan.block * width);
  let [sum, squares] = [0, 0];
  const clouds = { x, y, dimension, epsilon: 1, g: new Float64Array(width) };
  for await (const { first, scores } of scoreTiles(compute, clouds, { device })) {
    table.set(scores, first * width);
    for (const product of scores) {
      sum += product;
      squares += product ** 2;
    }
  }
  const mean = sum / (rows * width);
  return { table, deviation: Math.sqrt(Math.max(0, squares / (rows * width) - mean ** 2)) };
}

/** Scores x_i·y_j/ε + g_j of all pairs, some rows at a time in ascending order. */
export async function* scoreTiles(
  compute: Compute,
  { x, y, dimension, epsilon, g }: CoupledClouds,
  { device, tileRows }: TileOptions = {},
): AsyncGenerator<ScoreTile> {
  const [rows, width] = [x.length / dimension, g.length];
  const size = tileRows ?? Math.max(1, Math.min(rows, Math.floor(2 ** 21 / width)));
  const opened = await compute.open(
    scoreProgram('sinkhornScores', transposed(y, dimension), dimension, (scores) => ({ scores })),
    { device, label: 'sinkhorn scores' },
  );
  const fixed = { potential: floats(Float32Array.from(g)), inverseEpsilon: scalar(1 / epsilon) };
  const inputs = { points: rowArray(x, dimension) };
  for await (const { first, count, output } of closingTiles(opened, inputs, size, fixed))
    yield { first, count, scores: output.scores!.data as Float32Array };
}
