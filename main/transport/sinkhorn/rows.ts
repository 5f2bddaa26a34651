/**
 * @file What each row of a coupling says, without drawing from it: its entropy, and the mean and spread of its data points.
 *
 * Tiles of scores s_ij = x_i·y_j/ε + g_j become partial sums per block of columns, and blocks merge by their largest
 * scores (LSC section 1.5): nothing of size n×m exists.
 */
import { concat, constant, matmul, multiply, reduceSum } from '../../../native-models';
import { floats, scalar } from '../../compute/run-rows';
import type { Compute, HostTensor, Session } from '../../contract/compute';
import { gatherRows } from '../../numerics/gather';
import { transposed } from '../../numerics/points';
import type { CoupledClouds, WorkOptions } from '../kernel';
import { fromLargest, scoreProgram } from '../scores';

/** What is averaged over each row's distribution. */
export interface RowValues {
  /** [m, dimension] the data points, whole; near the origin they round least. */
  points: Float32Array;
  dimension: number;
  /** Called for each row asked for, in order: its place, the mean point (valid during the call), the mean squared norm. */
  visit(place: number, mean: Float64Array, square: number): void;
}

export interface RowOptions extends Pick<WorkOptions, 'device' | 'shouldStop'> {
  /** [k] the rows asked for; default all, in order. */
  rows?: ArrayLike<number>;
  values?: RowValues;
}

/** Columns of a block; more leave the caches. */
const BLOCK = 4096;
/** Scores of a tile. */
const TILE = 2 ** 20;

/** Streams the rows asked for: [k] the entropy of each one's distribution over columns, in nats. Null when stopped. */
export async function rowStatistics(compute: Compute, clouds: CoupledClouds, options: RowOptions = {}) {
  const { x, dimension, epsilon, g } = clouds;
  const { values, shouldStop } = options;
  const rows = options.rows ?? Array.from({ length: x.length / dimension }, (_, k) => k);
  const entropy = new Float64Array(rows.length);
  const tile = Math.max(1, Math.min(rows.length, Math.floor(TILE / Math.min(BLOCK, g.length))));
  const inverseEpsilon = scalar(1 / epsilon);
  const blocks: { potential: HostTensor; session: Session }[] = [];
  try {
    for await (const block of openBlocks(compute, clouds, options)) blocks.push(block);
    for (let first = 0; first < rows.length; first += tile) {
      if (shouldStop?.()) return null;
      const count = Math.min(tile, rows.length - first);
      const asked = Array.from({ length: count }, (_, k) => rows[first + k]!);
      const points = floats(gatherRows(x, dimension, asked), [count, dimension]);
      const total = mergedSums(count, 2 + (values ? values.dimension + 1 : 0));
      for (const { potential, session } of blocks)
        total.add(await session.run({ points, potential, inverseEpsilon }));
      for (let k = 0; k < count; k++) {
        const sums = total.row(k);
        entropy[first + k] = Math.max(0, Math.log(sums[0]!) - sums[1]! / sums[0]!);
        if (!values) continue;
        const means = sums.subarray(2).map((sum) => sum / sums[0]!);
        values.visit(first + k, means.subarray(0, -1), means.at(-1)!);
      }
    }
  } finally {
    for (const { session } of blocks) await session.close();
  }
  return entropy;
}

/** Running sums of some rows in double precision: (m₁, s₁) + (m₂, s₂) = (m, s₁·e^{m₁−m} + s₂·e^{m₂−m}). */
function mergedSums(rows: number, width: number) {
  const largest = new Float64Array(rows).fill(-Infinity);
  const sums = new Float64Array(rows * width);
  const row = (k: number) => sums.subarray(k * width, (k + 1) * width);
  return {
    row,
    /**
     * Adds a block of columns: `largest` [rows] and `sums` [rows, width], Σ e^a, Σ a·e^a, Σ e^a·value, with a the score from the
     * largest.
     */
    add(output: Record<string, HostTensor>): void {
      const [added, block] = [output.largest!.data as Float32Array, output.sums!.data as Float32Array];
      for (let k = 0; k < rows; k++) {
        const own = row(k);
        const joint = Math.max(largest[k]!, added[k]!);
        // Σ a·e^a moves with the reference: a counts from the joint largest from now on.
        shift(own, largest[k]! - joint);
        const other = Float64Array.from(block.subarray(k * width, (k + 1) * width));
        shift(other, added[k]! - joint);
        for (let c = 0; c < width; c++) own[c]! += other[c]!;
        largest[k] = joint;
      }
    },
  };
}

function shift(sums: Float64Array, by: number): void {
  if (by === 0) return;
  const factor = Math.exp(by);
  if (factor === 0) {
    sums.fill(0);
    return;
  }
  sums[1]! += by * sums[0]!;
  for (let c = 0; c < sums.length; c++) sums[c]! *= factor;
}

/** The blocks of columns with the program on each; whoever takes them closes their sessions. */
async function* openBlocks(
  compute: Compute,
  { y, dimension, g }: CoupledClouds,
  { values, device = 'cpu' }: RowOptions,
): AsyncGenerator<{ potential: HostTensor; session: Session }> {
  for (let first = 0; first < g.length; first += BLOCK) {
    const after = Math.min(first + BLOCK, g.length);
    const columns = transposed(y.subarray(first * dimension, after * dimension), dimension);
    const visited = values && withSquares(values.points, values.dimension, first, after - first);
    const model = program(columns, dimension, visited);
    const session = await compute.open(model, { device, label: 'coupling rows' });
    yield { potential: floats(Float32Array.from(g.subarray(first, after))), session };
  }
}

function program(columns: Float32Array, dimension: number, values?: Float32Array): Uint8Array {
  const width = columns.length / dimension;
  return scoreProgram('couplingRows', columns, dimension, (scores) => {
    const { largest, below, weights } = fromLargest(scores);
    const sums = [reduceSum(weights, 1, true), reduceSum(multiply(weights, below), 1, true)];
    if (values) sums.push(matmul(weights, constant(values, [width, values.length / width])));
    return { largest, sums: concat(sums, 1) };
  });
}

/** [count, dimension + 1] the points first … with their squared norms at the end. */
function withSquares(points: Float32Array, dimension: number, first: number, count: number): Float32Array {
  const out = new Float32Array(count * (dimension + 1));
  for (let point = 0; point < count; point++) {
    let square = 0;
    for (let k = 0; k < dimension; k++) {
      const value = points[(first + point) * dimension + k]!;
      out[point * (dimension + 1) + k] = value;
      square += value * value;
    }
    out[point * (dimension + 1) + dimension] = square;
  }
  return out;
}
