/**
 * @file A whole Sinkhorn iteration in one pass over the pairs, as an ONNX program.
 *
 * With potentials that nearly solve the problem, E_ij = exp(x_i·y_j/ε + f_i + g_j) is near the coupling itself and needs no
 * maximum to protect it. A block of rows sees all columns, so that its row sums give its rows' new potentials, and the
 * columns' sums under the new potentials are one more product with the same E: half the products and exponentials of two
 * half-steps.
 */
import {
  add,
  affine,
  concat,
  constant,
  exp,
  float32,
  log,
  matmul,
  maximum,
  multiply,
  reduceSum,
  reshape,
  scan,
  toOnnx,
  trace,
  type Tensor,
} from '../../native-models';
import type { Compute, Device } from '../contract/compute';
import type { StepRequest, StepSums } from './kernel';
import {
  BlockSessions,
  rowsOf,
  scalar,
  sweep,
  transposed,
  vector,
  type Piece,
  type ShardPlan,
} from './shards';

export interface FusedStep {
  run(request: StepRequest): Promise<StepSums>;
  close(): Promise<void>;
}

export interface FusedOptions {
  lanes: readonly Compute[];
  plan: ShardPlan;
  device?: Device;
  tileRows?: number;
}

/** Filling rows get no weight: their exponentials are exactly 0. */
const NOWHERE = -1e4;
/** Keeps the weight of an empty row finite, for exponents down to −3; the caller refuses such sums. */
const SMALLEST_SUM = 1e-12;
/** Up to this dimension g is one more coordinate of the columns' points; beyond, copying those costs more than adding g. */
const AUGMENTED_UP_TO = 16;

/** The fused step from points `x` [n, dimension] and `y` [m, dimension]. */
export function openFusedStep(
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: FusedOptions,
): FusedStep {
  const columns = transposed(y, dimension);
  const { plan, lanes, device } = options;
  const sessions = new BlockSessions(lanes, (blocks) => pointProgram(columns, dimension, plan, blocks), {
    device,
    label: 'sinkhorn step',
  });
  return stepOf(sessions, options, ({ epsilon }) => {
    const inverseEpsilon = scalar(1 / epsilon);
    return (piece) => ({ points: rowsOf(x, dimension, piece, plan), inverseEpsilon });
  });
}

/** The fused step from a kept table of products [n, m], row-major and filled up to whole blocks; lanes would copy it. */
export function openTableFusedStep(table: Float32Array, options: FusedOptions): FusedStep {
  const { plan, lanes, device } = options;
  const { block, width } = plan;
  const sessions = new BlockSessions(lanes, (blocks) => tableProgram(plan, blocks), {
    device,
    label: 'sinkhorn step',
  });
  return stepOf(sessions, options, ({ epsilon }) => {
    const inverseEpsilon = scalar(1 / epsilon);
    return ({ first, blocks }) => {
      const data = table.subarray(first * width, (first + blocks * block) * width);
      return { products: { type: 'float32', data, dims: [blocks, block, width] }, inverseEpsilon };
    };
  });
}

function stepOf(
  sessions: BlockSessions,
  { plan, tileRows }: FusedOptions,
  source: (request: StepRequest) => (piece: Piece) => Parameters<BlockSessions['run']>[2],
): FusedStep {
  return {
    async run(request) {
      const { f, g, exponent, shift = new Float32Array(plan.rows) } = request;
      const feedsOf = source(request);
      const rows = new Float64Array(plan.rows);
      const shardSums: Float32Array[] = [];
      const shared = { g: vector(g), exponent: scalar(exponent) };
      await sweep(plan, sessions.lanes, tileRows, async (piece) => {
        const start = shardSums[piece.shard] ?? new Float32Array(plan.width);
        const output = await sessions.run(piece.lane, piece.blocks, {
          ...shared,
          ...feedsOf(piece),
          f: rowsOf(f, 1, piece, plan, NOWHERE),
          shift: rowsOf(shift, 1, piece, plan),
          start: { type: 'float32', data: start, dims: [1, plan.width] },
        });
        rows.set((output.rows!.data as Float32Array).subarray(0, piece.count), piece.first);
        shardSums[piece.shard] = output.sums!.data as Float32Array;
      });
      const columns = new Float64Array(plan.width);
      for (const sums of shardSums) for (let j = 0; j < sums.length; j++) columns[j]! += sums[j]!;
      return { rows, columns };
    },
    close: () => sessions.close(),
  };
}

function pointProgram(columns: Float32Array, dimension: number, plan: ShardPlan, blocks: number): Uint8Array {
  const { block, width } = plan;
  return toOnnx(
    trace(
      'sinkhornStep',
      { ...inputs(plan, blocks), points: float32(blocks, block, dimension) },
      ({ points, f, shift, g, inverseEpsilon, exponent, start }) => {
        const withOnes = new Float32Array((dimension + 1) * width).fill(1);
        withOnes.set(columns);
        const fixed = constant(withOnes, [dimension + 1, width]);
        const augmented = dimension <= AUGMENTED_UP_TO;
        const right = augmented ? concat([fixed, reshape(g!, [1, width])], 0) : fixed;
        const ones = constant(new Float32Array(block).fill(1), [block, 1]);
        const { carry, outputs } = scan({
          carry: { sums: start! },
          over: { points: points!, f: f!, shift: shift! },
          length: blocks,
          body: ({ sums }, slices) => {
            const left = [multiply(slices.points!, inverseEpsilon!), slices.f!];
            const scores = augmented
              ? matmul(concat([...left, ones], 1), right)
              : affine(concat(left, 1), right, g!);
            return weighed(exp(scores), sums!, slices.shift!, exponent!);
          },
        });
        return { rows: reshape(outputs.rows!, [blocks * block]), sums: carry.sums! };
      },
    ),
  );
}

function tableProgram(plan: ShardPlan, blocks: number): Uint8Array {
  const { block, width } = plan;
  return toOnnx(
    trace(
      'sinkhornTableStep',
      { ...inputs(plan, blocks), products: float32(blocks, block, width) },
      ({ products, f, shift, g, inverseEpsilon, exponent, start }) => {
        const { carry, outputs } = scan({
          carry: { sums: start! },
          over: { products: products!, f: f!, shift: shift! },
          length: blocks,
          body: ({ sums }, slices) => {
            const scores = add(add(multiply(slices.products!, inverseEpsilon!), slices.f!), g!);
            return weighed(exp(scores), sums!, slices.shift!, exponent!);
          },
        });
        return { rows: reshape(outputs.rows!, [blocks * block]), sums: carry.sums! };
      },
    ),
  );
}

function inputs({ block, width }: ShardPlan, blocks: number) {
  return {
    f: float32(blocks, block, 1),
    shift: float32(blocks, block, 1),
    g: float32(width),
    inverseEpsilon: float32(),
    exponent: float32(),
    start: float32(1, width),
  };
}

/** The row sums of `entries` [block, m], and `sums` [1, m] with the weighted column sums added. */
function weighed(entries: Tensor, sums: Tensor, shift: Tensor, exponent: Tensor) {
  const rows = reduceSum(entries, 1, true);
  const weights = exp(add(shift, multiply(exponent, log(maximum(rows, SMALLEST_SUM)))));
  const columns = matmul(reshape(weights, [1, weights.shape[0]!]), entries);
  return { carry: { sums: add(columns, sums) }, outputs: { rows } };
}
