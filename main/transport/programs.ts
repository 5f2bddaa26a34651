/**
 * @file A pair of clouds as a kernel on ONNX Runtime: the fused step for potentials that nearly fit, half-steps protected by
 * each row's maximum for those that do not.
 *
 * No more than one block of rows against all columns exists at a time. The other cloud is a constant of the programs, which
 * the runtime packs once. In very high dimension and for small clouds the products x·y are computed once and kept.
 */
import {
  add,
  constant,
  exp,
  float32,
  log,
  matmul,
  multiply,
  reduceMax,
  reduceSum,
  subtract,
  toOnnx,
  trace,
} from '../../native-models';
import type { Compute, Device, HostTensor } from '../contract/compute';
import { openFusedStep, openTableFusedStep } from './fused';
import type { SinkhornKernel } from './kernel';
import type { CoupledClouds } from './clouds';
import { scoreBlockProgram } from './scores';
import { BlockSessions, lanesFor, planShards, rowsOf, scalar, sweep, transposed, vector } from './shards';

export interface TileOptions {
  device?: Device;
  /** Rows of a piece of work; default by dimension and width. No result depends on it. */
  tileRows?: number;
  /** Keep the table of products: default in many dimensions and up to 2²⁴ pairs. */
  keepTable?: boolean;
}

/** One tile of scores: rows `first … first+count−1` against all columns, row-major. */
export interface ScoreTile {
  first: number;
  count: number;
  scores: Float32Array;
}

interface HalfStep {
  /** [n] log Σ_j exp(a_i·b_j/ε + potential_j). */
  run(potential: Float64Array, epsilon: number): Promise<Float64Array>;
  close(): Promise<void>;
}

const LARGEST_TABLE = 2 ** 24;
/** From here on the products cost clearly more than reading them from memory. */
const TABLE_FROM_DIMENSION = 128;

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
    reduceRows: (g, epsilon) => rowStep.run(g, epsilon),
    reduceColumns: (f, epsilon) => columnStep.run(f, epsilon),
    step: (request) => fused.run(request),
    async close() {
      await fused.close();
      await rowStep.close();
      await columnStep.close();
    },
  };
}

/** Log-sum-exps for the rows of `a` over the points of `b`, each row protected by its maximum. */
function openHalfStep(
  lanes: readonly Compute[],
  a: Float32Array,
  b: Float32Array,
  dimension: number,
  { device, tileRows }: TileOptions,
): HalfStep {
  const plan = planShards(a.length / dimension, b.length / dimension);
  const columns = transposed(b, dimension);
  const program = (blocks: number) =>
    scoreBlockProgram('sinkhornHalfStep', { columns, dimension, block: plan.block, blocks }, (scores) => {
      const largest = reduceMax(scores, 1, true);
      const sums = reduceSum(exp(subtract(scores, largest)), 1, true);
      return { sums: add(largest, log(sums)) };
    });
  const sessions = new BlockSessions(lanes, program, { device, label: 'sinkhorn half-step' });
  return {
    async run(potential, epsilon) {
      const sums = new Float64Array(plan.rows);
      const shared = { potential: vector(Float32Array.from(potential)), inverseEpsilon: scalar(1 / epsilon) };
      await sweep(plan, sessions.lanes, tileRows, async (piece) => {
        const points = rowsOf(a, dimension, piece, plan);
        const output = await sessions.run(piece.lane, piece.blocks, { ...shared, points });
        sums.set((output.sums!.data as Float32Array).subarray(0, piece.count), piece.first);
      });
      return sums;
    },
    close: () => sessions.close(),
  };
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
  options: TileOptions = {},
): AsyncGenerator<ScoreTile> {
  const [rows, width] = [x.length / dimension, g.length];
  const size = options.tileRows ?? Math.max(1, Math.min(rows, Math.floor(2 ** 21 / width)));
  const session = await compute.open(scoreProgram(transposed(y, dimension), dimension), {
    device: options.device,
    label: 'sinkhorn scores',
  });
  try {
    for (let first = 0; first < rows; first += size) {
      const count = Math.min(size, rows - first);
      const points: HostTensor = {
        type: 'float32',
        data: x.slice(first * dimension, (first + count) * dimension),
        dims: [count, dimension],
      };
      const output = await session.run({
        points,
        potential: vector(Float32Array.from(g)),
        inverseEpsilon: scalar(1 / epsilon),
      });
      yield { first, count, scores: output.scores!.data as Float32Array };
    }
  } finally {
    await session.close();
  }
}

function scoreProgram(fixed: Float32Array, dimension: number): Uint8Array {
  const width = fixed.length / dimension;
  const graph = trace(
    'sinkhornScores',
    { points: float32('rows', dimension), potential: float32(width), inverseEpsilon: float32() },
    ({ points, potential, inverseEpsilon }) => ({
      scores: add(
        multiply(matmul(points!, constant(fixed, [dimension, width])), inverseEpsilon!),
        potential!,
      ),
    }),
  );
  return toOnnx(graph);
}
