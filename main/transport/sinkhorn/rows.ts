/**
 * @file What each row of a coupling says, without drawing from it: its entropy, and the mean and spread of its data points.
 *
 * Tiles of scores s_ij = x_i·y_j/ε + g_j become partial sums per block of columns, and blocks merge by their largest
 * scores (LSC section 1.5): nothing of size n×m exists.
 */
import {
  affine,
  concat,
  constant,
  exp,
  float32,
  matmul,
  multiply,
  reduceMax,
  reduceSum,
  subtract,
  toOnnx,
  trace,
} from '../../../native-models';
import type { Compute, Device, HostTensor, Session } from '../../contract/compute';
import type { CoupledClouds } from '../clouds';

export interface RowStatistics {
  /** [k] entropy of each row's distribution over columns, in nats. */
  entropy: Float64Array;
}

/** What is averaged over each row's distribution. */
export interface RowValues {
  /** [m, dimension] the data points, whole; near the origin they round least. */
  points: Float32Array;
  dimension: number;
  /** Called for each row asked for, in order: its place, the mean point (valid during the call), the mean squared norm. */
  visit(place: number, mean: Float64Array, square: number): void;
}

export interface RowOptions {
  /** [k] the rows asked for; default all, in order. */
  rows?: ArrayLike<number>;
  values?: RowValues;
  device?: Device;
  shouldStop?: () => boolean;
}

/** Columns of a block; more leave the caches. */
const BLOCK = 4096;
/** Scores of a tile. */
const TILE = 2 ** 20;

/** Sums over one block of columns, relative to its largest score per row. */
interface BlockSums {
  largest: Float32Array;
  /** [rows, 2 + width]: Σ e^a, Σ a·e^a, Σ e^a·value, with a the score from the largest. */
  sums: Float32Array;
}

/** Streams the rows asked for. Null when stopped. */
export async function rowStatistics(
  compute: Compute,
  clouds: CoupledClouds,
  options: RowOptions = {},
): Promise<RowStatistics | null> {
  const { x, dimension, epsilon, g } = clouds;
  const rows = options.rows ?? Array.from({ length: x.length / dimension }, (_, k) => k);
  const valueWidth = options.values ? options.values.dimension + 1 : 0;
  const entropy = new Float64Array(rows.length);
  const tile = Math.max(1, Math.min(rows.length, Math.floor(TILE / Math.min(BLOCK, g.length))));
  const blocks = await openBlocks(compute, clouds, options);
  try {
    for (let first = 0; first < rows.length; first += tile) {
      if (options.shouldStop?.()) return null;
      const count = Math.min(tile, rows.length - first);
      const points = new Float32Array(count * dimension);
      for (let k = 0; k < count; k++) {
        const row = rows[first + k]!;
        points.set(x.subarray(row * dimension, (row + 1) * dimension), k * dimension);
      }
      const total = new Merged(count, 2 + valueWidth);
      for (const { potential, session } of blocks) {
        const output = await session.run({
          points: tensor(points, [count, dimension]),
          potential: tensor(potential, [potential.length]),
          inverseEpsilon: tensor(Float32Array.of(1 / epsilon), []),
        });
        total.add({
          largest: output.largest!.data as Float32Array,
          sums: output.sums!.data as Float32Array,
        });
      }
      for (let k = 0; k < count; k++) {
        const sums = total.row(k);
        entropy[first + k] = Math.max(0, Math.log(sums[0]!) - sums[1]! / sums[0]!);
        if (!options.values) continue;
        const means = sums.subarray(2).map((sum) => sum / sums[0]!);
        options.values.visit(first + k, means.subarray(0, -1), means.at(-1)!);
      }
    }
  } finally {
    for (const { session } of blocks) await session.close();
  }
  return { entropy };
}

/** Running sums of some rows in double precision: (m₁, s₁) + (m₂, s₂) = (m, s₁·e^{m₁−m} + s₂·e^{m₂−m}). */
class Merged {
  readonly #width: number;
  readonly #largest: Float64Array;
  readonly #sums: Float64Array;

  constructor(rows: number, width: number) {
    this.#width = width;
    this.#largest = new Float64Array(rows).fill(-Infinity);
    this.#sums = new Float64Array(rows * width);
  }

  row(k: number): Float64Array {
    return this.#sums.subarray(k * this.#width, (k + 1) * this.#width);
  }

  add({ largest, sums }: BlockSums): void {
    for (let k = 0; k < largest.length; k++) {
      const own = this.row(k);
      const joint = Math.max(this.#largest[k]!, largest[k]!);
      // Σ a·e^a moves with the reference: a counts from the joint largest from now on.
      this.#shift(own, this.#largest[k]! - joint);
      const other = Float64Array.from(sums.subarray(k * this.#width, (k + 1) * this.#width));
      this.#shift(other, largest[k]! - joint);
      for (let c = 0; c < this.#width; c++) own[c]! += other[c]!;
      this.#largest[k] = joint;
    }
  }

  #shift(sums: Float64Array, by: number): void {
    if (by === 0) return;
    const factor = Math.exp(by);
    if (factor === 0) {
      sums.fill(0);
      return;
    }
    sums[1]! += by * sums[0]!;
    for (let c = 0; c < sums.length; c++) sums[c]! *= factor;
  }
}

async function openBlocks(compute: Compute, { y, dimension, g }: CoupledClouds, options: RowOptions) {
  const blocks: { potential: Float32Array; session: Session }[] = [];
  try {
    for (let first = 0; first < g.length; first += BLOCK) {
      const count = Math.min(BLOCK, g.length - first);
      const values =
        options.values && withSquares(options.values.points, options.values.dimension, first, count);
      const session = await compute.open(
        program(columnsOf(y, dimension, first, count), dimension, count, values),
        {
          device: options.device ?? 'cpu',
          label: 'coupling rows',
        },
      );
      blocks.push({ potential: Float32Array.from(g.subarray(first, first + count)), session });
    }
  } catch (error) {
    for (const { session } of blocks) await session.close();
    throw error;
  }
  return blocks;
}

function program(block: Float32Array, dimension: number, width: number, values?: Float32Array): Uint8Array {
  return toOnnx(
    trace(
      'couplingRows',
      { points: float32('rows', dimension), potential: float32(width), inverseEpsilon: float32() },
      ({ points, potential, inverseEpsilon }) => {
        const fixed = constant(block, [dimension, width]);
        const scores = affine(multiply(points!, inverseEpsilon!), fixed, potential!);
        const largest = reduceMax(scores, 1, true);
        const below = subtract(scores, largest);
        const weights = exp(below);
        const sums = [reduceSum(weights, 1, true), reduceSum(multiply(weights, below), 1, true)];
        if (values) sums.push(matmul(weights, constant(values, [width, values.length / width])));
        return { largest, sums: concat(sums, 1) };
      },
    ),
  );
}

/** [dimension, count] the points first … as columns. */
function columnsOf(points: Float32Array, dimension: number, first: number, count: number): Float32Array {
  const out = new Float32Array(dimension * count);
  for (let point = 0; point < count; point++)
    for (let k = 0; k < dimension; k++) out[k * count + point] = points[(first + point) * dimension + k]!;
  return out;
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

function tensor(data: Float32Array, dims: readonly number[]): HostTensor {
  return { type: 'float32', data, dims };
}
