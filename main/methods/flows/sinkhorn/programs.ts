/**
 * @file Sinkhorn's half-step and its score tiles as ONNX programs.
 *
 * A half-step scans row tiles of one cloud against a fixed block of the other, so that no more than one tile of the
 * n×m table exists at a time; the fixed block is a constant of the program, which the runtime packs once. In high
 * dimension and for small clouds the products x·y are computed once and kept instead.
 */
import {
  add,
  affine,
  constant,
  exp,
  float32,
  log,
  matmul,
  multiply,
  reduceMax,
  reduceSum,
  reshape,
  scan,
  subtract,
  toOnnx,
  trace,
  type Tensor,
} from '../../../../native-models';
import type { Compute, Device, HostTensor, Session } from '../../../compute/types';
import type { SinkhornKernel } from './kernel';
import type { CoupledClouds, ScoreTile } from './sample';

export interface TileOptions {
  device?: Device;
  /** Rows of a tile; default by dimension and width. */
  tileRows?: number;
  /** Columns of a block; default all of them up to 8,192. */
  blockColumns?: number;
  /** Keep the table of products: default in more than 32 dimensions and up to 2²⁴ pairs. */
  keepTable?: boolean;
}

interface HalfStep {
  /** Standard deviation of the products, if they are kept. */
  readonly deviation?: number;
  /** [n] log Σ_j exp(a_i·b_j/ε + potential_j). */
  run(potential: Float64Array, epsilon: number): Promise<Float64Array>;
  close(): Promise<void>;
}

const LARGEST_TABLE = 2 ** 24;
const TABLE_FROM_DIMENSION = 33;
/** A wider block's scores leave the caches: measured best at 16,384 points in 2 and in 64 dimensions. */
const LARGEST_BLOCK = 8192;

/** Opens both half-steps for clouds `x` [n, dimension] and `y` [m, dimension]; centre them first. */
export async function openKernel(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: TileOptions = {},
): Promise<SinkhornKernel> {
  const [rows, columns] = [x.length / dimension, y.length / dimension];
  const keepTable =
    options.keepTable ?? (dimension >= TABLE_FROM_DIMENSION && rows * columns <= LARGEST_TABLE);
  const open = keepTable ? openTableStep : openScanStep;
  const rowStep = await open(compute, x, y, dimension, options);
  const columnStep = await open(compute, y, x, dimension, options).catch(async (error: unknown) => {
    await rowStep.close();
    throw error;
  });
  return {
    rows,
    columns,
    deviation: rowStep.deviation,
    reduceRows: (g, epsilon) => rowStep.run(g, epsilon),
    reduceColumns: (f, epsilon) => columnStep.run(f, epsilon),
    async close() {
      await rowStep.close();
      await columnStep.close();
    },
  };
}

/** One half-step alone: log-sum-exps for the rows of `a` over the points of `b`. */
export async function openScanStep(
  compute: Compute,
  a: Float32Array,
  b: Float32Array,
  dimension: number,
  options: TileOptions = {},
): Promise<HalfStep> {
  const [rows, width] = [a.length / dimension, b.length / dimension];
  const block = Math.min(width, options.blockColumns ?? LARGEST_BLOCK);
  const tile = Math.min(rows, options.tileRows ?? defaultTile(block));
  const tiles = Math.ceil(rows / tile);
  // The last tile is filled up with zeros; their sums are thrown away.
  const padded = new Float32Array(tiles * tile * dimension);
  padded.set(a);
  const blocks: { first: number; count: number; session: Session }[] = [];
  const close = async () => {
    for (const { session } of blocks) await session.close();
  };
  try {
    for (let first = 0; first < width; first += block) {
      const count = Math.min(block, width - first);
      const session = await compute.open(
        scanProgram(transposed(b, dimension, first, count), dimension, tiles, tile),
        {
          device: options.device,
          label: 'sinkhorn half-step',
        },
      );
      blocks.push({ first, count, session });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async run(potential, epsilon) {
      let sums: Float64Array | undefined;
      for (const { first, count, session } of blocks) {
        const output = await session.run({
          points: tensor(padded, [tiles, tile, dimension]),
          potential: tensor(Float32Array.from(potential.subarray(first, first + count)), [count]),
          inverseEpsilon: tensor(Float32Array.of(1 / epsilon), []),
        });
        const part = Float64Array.from((output.sums!.data as Float32Array).subarray(0, rows));
        sums = sums ? merged(sums, part) : part;
      }
      return sums!;
    },
    close,
  };
}

/** The same half-step on a kept table of products, for d so large that the products cost more than the exponentials. */
async function openTableStep(
  compute: Compute,
  a: Float32Array,
  b: Float32Array,
  dimension: number,
  options: TileOptions = {},
): Promise<HalfStep> {
  const [rows, width] = [a.length / dimension, b.length / dimension];
  const tile = Math.min(rows, options.tileRows ?? defaultTile(width));
  const tiles = Math.ceil(rows / tile);
  const table = new Float32Array(tiles * tile * width);
  let [sum, squares] = [0, 0];
  for await (const { first, scores } of scoreTiles(
    compute,
    { x: a, y: b, dimension, epsilon: 1, g: new Float64Array(width) },
    options,
  )) {
    table.set(scores, first * width);
    for (const product of scores) {
      sum += product;
      squares += product ** 2;
    }
  }
  const mean = sum / (rows * width);
  const session = await compute.open(tableProgram(width, tiles, tile), {
    device: options.device,
    label: 'sinkhorn half-step',
  });
  return {
    deviation: Math.sqrt(Math.max(0, squares / (rows * width) - mean ** 2)),
    async run(potential, epsilon) {
      const output = await session.run({
        products: tensor(table, [tiles, tile, width]),
        potential: tensor(Float32Array.from(potential), [width]),
        inverseEpsilon: tensor(Float32Array.of(1 / epsilon), []),
      });
      return Float64Array.from((output.sums!.data as Float32Array).subarray(0, rows));
    },
    close: () => session.close(),
  };
}

/** Scores x_i·y_j/ε + g_j of all pairs, some rows at a time in ascending order. */
export async function* scoreTiles(
  compute: Compute,
  { x, y, dimension, epsilon, g }: CoupledClouds,
  options: TileOptions = {},
): AsyncGenerator<ScoreTile> {
  const [rows, width] = [x.length / dimension, g.length];
  const size = options.tileRows ?? Math.max(1, Math.min(rows, Math.floor(2 ** 21 / width)));
  const session = await compute.open(scoreProgram(transposed(y, dimension, 0, width), dimension), {
    device: options.device,
    label: 'sinkhorn scores',
  });
  try {
    for (let first = 0; first < rows; first += size) {
      const count = Math.min(size, rows - first);
      const output = await session.run({
        points: tensor(x.slice(first * dimension, (first + count) * dimension), [count, dimension]),
        potential: tensor(Float32Array.from(g), [width]),
        inverseEpsilon: tensor(Float32Array.of(1 / epsilon), []),
      });
      yield { first, count, scores: output.scores!.data as Float32Array };
    }
  } finally {
    await session.close();
  }
}

function scanProgram(fixed: Float32Array, dimension: number, tiles: number, tile: number): Uint8Array {
  const width = fixed.length / dimension;
  const graph = trace(
    'sinkhornHalfStep',
    {
      points: float32(tiles, tile, dimension),
      potential: float32(width),
      inverseEpsilon: float32(),
    },
    ({ points, potential, inverseEpsilon }) => {
      const block = constant(fixed, [dimension, width]);
      const { outputs } = scan({
        carry: {},
        over: { points: points! },
        length: tiles,
        body: (_carry, slices) => {
          const scores = affine(multiply(slices.points!, inverseEpsilon!), block, potential!);
          return { carry: {}, outputs: { sums: rowLogSumExp(scores) } };
        },
      });
      return { sums: reshape(outputs.sums!, [tiles * tile]) };
    },
  );
  return toOnnx(graph);
}

function tableProgram(width: number, tiles: number, tile: number): Uint8Array {
  const graph = trace(
    'sinkhornTableHalfStep',
    {
      products: float32(tiles, tile, width),
      potential: float32(width),
      inverseEpsilon: float32(),
    },
    ({ products, potential, inverseEpsilon }) => {
      const { outputs } = scan({
        carry: {},
        over: { products: products! },
        length: tiles,
        body: (_carry, slices) => {
          const scores = add(multiply(slices.products!, inverseEpsilon!), potential!);
          return { carry: {}, outputs: { sums: rowLogSumExp(scores) } };
        },
      });
      return { sums: reshape(outputs.sums!, [tiles * tile]) };
    },
  );
  return toOnnx(graph);
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

function rowLogSumExp(scores: Tensor): Tensor {
  const largest = reduceMax(scores, 1, true);
  const sums = reduceSum(exp(subtract(scores, largest)), 1, true);
  return add(largest, log(sums));
}

/** log(eᵃ + eᵇ) per entry: partial sums over blocks of columns merge in any order. */
function merged(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((a, k) => {
    const b = right[k]!;
    return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
  });
}

/** Measured with two threads that do not spin: smaller tiles spend their time waking threads, larger ones gain nothing. */
function defaultTile(width: number): number {
  return Math.max(16, Math.min(512, Math.floor(2 ** 20 / width)));
}

/** [dimension, count] the points first … first+count−1 as columns. */
function transposed(points: Float32Array, dimension: number, first: number, count: number): Float32Array {
  const out = new Float32Array(dimension * count);
  for (let point = 0; point < count; point++)
    for (let k = 0; k < dimension; k++) out[k * count + point] = points[(first + point) * dimension + k]!;
  return out;
}

function tensor(data: Float32Array, dims: readonly number[]): HostTensor {
  return { type: 'float32', data, dims };
}
