/**
 * @file Scores of noise points against all rows of the data as ONNX programs, s_ij = (x_i·y_j + g_j)/ε: what the ascent
 * needs of them, and a row for every noise point. The table of scores exists for some noise points at a time only.
 */
import {
  affine,
  argMax,
  constant,
  divide,
  exp,
  float32,
  log,
  multiply,
  reduceMax,
  reduceSum,
  reshape,
  square,
  subtract,
  toOnnx,
  trace,
} from '../../../native-models';
import type { Compute, HostTensor, Session } from '../../contract/compute';

/** Scores in memory at a time. */
const LARGEST_TABLE = 2 ** 22;
/** Columns whose weights are added up by the program; a draw looks at single columns in one such block only. */
const BLOCK = 128;
/** Stands for a row that does not exist: its weight is 0. */
const NEVER = -1e30;

/** How often each row of the data is taken by some noise points. */
export interface Usage {
  /** [rows] Σ_i Q_ij and Σ_i Q_ij², Q_i· being the shares of noise point i. */
  sums: Float64Array;
  squares: Float64Array;
}

export interface DrawnRows {
  /** [points] the row of each noise point. */
  rows: Int32Array;
  /** Σ_i of the entropies of Q_i·, nats. */
  entropy: number;
}

/** The data with the programs on it. Owned by whoever opened it. */
export interface RowScores {
  readonly rows: number;
  /** Usage by the noise `points` [n, dimension] under the potential g [rows], in units of the cost. */
  usage(points: Float32Array, g: Float64Array): Promise<Usage>;
  /** A row for each noise point: the best one at ε = 0, else drawn from Q_i· by the given uniform numbers [n]. */
  draw(points: Float32Array, g: Float64Array, uniform: Float32Array): Promise<DrawnRows>;
  close(): Promise<void>;
}

/** Opens the programs for the rows `y` [rows, dimension]; ε is absolute, in units of the cost. */
export function openRowScores(
  compute: Compute,
  y: Float32Array,
  dimension: number,
  epsilon: number,
): Promise<RowScores> {
  return epsilon > 0 ? openSoft(compute, y, dimension, epsilon) : openHard(compute, y, dimension);
}

/** ε = 0: every noise point takes the row of its largest score, a maximum inner-product search. */
async function openHard(compute: Compute, y: Float32Array, dimension: number): Promise<RowScores> {
  const rows = y.length / dimension;
  const session = await compute.open(bestProgram(y, dimension), { device: 'cpu', label: 'best rows' });
  const best = async (points: Float32Array, g: Float64Array): Promise<Int32Array> => {
    const out = new Int32Array(points.length / dimension);
    const potential = vector(g);
    for (const { first, part } of tilesOf(points, dimension, rows)) {
      const { best: found } = await session.run({ points: part, potential });
      out.set(found!.data as Int32Array, first);
    }
    return out;
  };
  return {
    rows,
    async usage(points, g) {
      const sums = new Float64Array(rows);
      for (const row of await best(points, g)) sums[row]!++;
      return { sums, squares: sums.slice() };
    },
    draw: async (points, g) => ({ rows: await best(points, g), entropy: 0 }),
    close: () => session.close(),
  };
}

/** ε > 0: shares by softmax. */
async function openSoft(
  compute: Compute,
  y: Float32Array,
  dimension: number,
  epsilon: number,
): Promise<RowScores> {
  const rows = y.length / dimension;
  const blocks = Math.ceil(rows / BLOCK);
  const opened = new Map<string, Session>();
  const sessionOf = async (name: string, program: () => Uint8Array): Promise<Session> => {
    const session = opened.get(name) ?? (await compute.open(program(), { device: 'cpu', label: name }));
    opened.set(name, session);
    return session;
  };
  const feeds = (points: HostTensor, potential: HostTensor) => ({
    points,
    potential,
    inverseEpsilon: { type: 'float32' as const, data: Float32Array.of(1 / epsilon), dims: [] },
  });
  return {
    rows,
    async usage(points, g) {
      const session = await sessionOf('row usage', () => usageProgram(y, dimension));
      const sums = new Float64Array(rows);
      const squares = new Float64Array(rows);
      const potential = vector(g, 1 / epsilon);
      for (const { part } of tilesOf(points, dimension, rows)) {
        const output = await session.run(feeds(part, potential));
        (output.sums!.data as Float32Array).forEach((value, j) => (sums[j]! += value));
        (output.squares!.data as Float32Array).forEach((value, j) => (squares[j]! += value));
      }
      return { sums, squares };
    },
    async draw(points, g, uniform) {
      const session = await sessionOf('row draw', () => drawProgram(y, dimension, blocks));
      const potential = vector(g, 1 / epsilon, blocks * BLOCK);
      const out = new Int32Array(points.length / dimension);
      let entropy = 0;
      for (const { first, count, part } of tilesOf(points, dimension, rows)) {
        const output = await session.run(feeds(part, potential));
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
    async close() {
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

function bestProgram(y: Float32Array, dimension: number): Uint8Array {
  const rows = y.length / dimension;
  return toOnnx(
    trace(
      'bestRows',
      { points: float32('points', dimension), potential: float32(rows) },
      ({ points, potential }) => ({
        best: argMax(
          affine(points!, constant(transposed(y, dimension, rows), [dimension, rows]), potential!),
          1,
        ),
      }),
    ),
  );
}

function usageProgram(y: Float32Array, dimension: number): Uint8Array {
  const rows = y.length / dimension;
  return toOnnx(
    trace(
      'rowUsage',
      { points: float32('points', dimension), potential: float32(rows), inverseEpsilon: float32() },
      ({ points, potential, inverseEpsilon }) => {
        const block = constant(transposed(y, dimension, rows), [dimension, rows]);
        const scores = affine(multiply(points!, inverseEpsilon!), block, potential!);
        const weights = exp(subtract(scores, reduceMax(scores, 1, true)));
        const shares = divide(weights, reduceSum(weights, 1, true));
        return { sums: reduceSum(shares, 0), squares: reduceSum(square(shares), 0) };
      },
    ),
  );
}

/** Weights e^{s − max s} in whole blocks of columns, their sums, and the entropy H = log Σw − Σ w·(s − max s)/Σw. */
function drawProgram(y: Float32Array, dimension: number, blocks: number): Uint8Array {
  const wide = blocks * BLOCK;
  return toOnnx(
    trace(
      'rowDraw',
      { points: float32('points', dimension), potential: float32(wide), inverseEpsilon: float32() },
      ({ points, potential, inverseEpsilon }) => {
        const block = constant(transposed(y, dimension, wide), [dimension, wide]);
        const scores = affine(multiply(points!, inverseEpsilon!), block, potential!);
        const below = subtract(scores, reduceMax(scores, 1, true));
        const weights = exp(below);
        const total = reduceSum(weights, 1);
        const entropy = subtract(log(total), divide(reduceSum(multiply(weights, below), 1), total));
        return {
          weights,
          sums: reduceSum(reshape(weights, ['points', blocks, BLOCK]), 2),
          entropy,
        };
      },
    ),
  );
}

function* tilesOf(points: Float32Array, dimension: number, rows: number) {
  const all = points.length / dimension;
  const size = Math.max(1, Math.min(all, Math.floor(LARGEST_TABLE / rows)));
  for (let first = 0; first < all; first += size) {
    const count = Math.min(size, all - first);
    const data = points.slice(first * dimension, (first + count) * dimension);
    yield { first, count, part: { type: 'float32', data, dims: [count, dimension] } satisfies HostTensor };
  }
}

/** The values times `factor`, filled up to `width` with scores that never win. */
function vector(values: Float64Array, factor = 1, width = values.length): HostTensor {
  const data = new Float32Array(width).fill(NEVER);
  values.forEach((value, j) => (data[j] = value * factor));
  return { type: 'float32', data, dims: [width] };
}

/** [dimension, width] the points as columns, filled up with zeros. */
function transposed(points: Float32Array, dimension: number, width: number): Float32Array {
  const out = new Float32Array(dimension * width);
  for (let point = 0; point < points.length / dimension; point++)
    for (let k = 0; k < dimension; k++) out[k * width + point] = points[point * dimension + k]!;
  return out;
}
