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
import { floats, scalar } from '../compute/run-rows';
import type { Compute, HostTensor } from '../contract/compute';
import { transposed } from '../numerics/points';
import type { SinkhornKernel, TileOptions } from './kernel';
import { openBlockProgram, rowsOfShard, type Piece, type ShardPlan } from './shards';

type FusedStep = Required<Pick<SinkhornKernel, 'step' | 'close'>>;

export interface FusedOptions extends Pick<TileOptions, 'device' | 'tileRows'> {
  lanes: readonly Compute[];
  plan: ShardPlan;
}

/** Filling rows get no weight: their exponentials are exactly 0. */
const NOWHERE = -1e4;
/** Keeps the weight of an empty row finite, for exponents down to −3; the caller refuses such sums. */
const SMALLEST_SUM = 1e-12;
/** Up to this dimension g is one more coordinate of the columns' points; beyond, copying those costs more than adding g. */
const AUGMENTED_UP_TO = 16;

/** Makes, before the blocks are gone through, what gives the scores [block, m] of a block's values and potentials f. */
type Scores = (block: number, g: Tensor, inverseEpsilon: Tensor) => (values: Tensor, f: Tensor) => Tensor;

/** The fused step from points `x` [n, dimension] and `y` [m, dimension]. */
export function openFusedStep(
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: FusedOptions,
): FusedStep {
  const { width } = options.plan;
  const withOnes = new Float32Array((dimension + 1) * width).fill(1);
  withOnes.set(transposed(y, dimension));
  const scores: Scores = (block, g, inverseEpsilon) => {
    const fixed = constant(withOnes, [dimension + 1, width]);
    const augmented = dimension <= AUGMENTED_UP_TO;
    const right = augmented ? concat([fixed, reshape(g, [1, width])], 0) : fixed;
    const ones = constant(new Float32Array(block).fill(1), [block, 1]);
    return (points, f) => {
      const left = [multiply(points, inverseEpsilon), f];
      return augmented ? matmul(concat([...left, ones], 1), right) : affine(concat(left, 1), right, g);
    };
  };
  return openStep(options, dimension, (piece) => rowsOfShard(x, dimension, piece, options.plan), scores);
}

/** The fused step from a kept table of products [n, m], row-major and filled up to whole blocks; lanes would copy it. */
export function openTableFusedStep(table: Float32Array, options: FusedOptions): FusedStep {
  const { block, width } = options.plan;
  const rowsAt = ({ first, blocks }: Piece) =>
    floats(table.subarray(first * width, (first + blocks * block) * width), [blocks, block, width]);
  const scores: Scores = (_block, g, inverseEpsilon) => (products, f) =>
    add(add(multiply(products, inverseEpsilon), f), g);
  return openStep(options, width, rowsAt, scores);
}

/** A step on `each` values per row, which `rowsAt` gives piece by piece. */
function openStep(
  { plan, lanes, device, tileRows }: FusedOptions,
  each: number,
  rowsAt: (piece: Piece) => HostTensor,
  scores: Scores,
): FusedStep {
  const program = openBlockProgram(plan, lanes, { device, label: 'sinkhorn step' }, (blocks) =>
    stepProgram(plan, blocks, each, scores),
  );
  return {
    async step({ f, g, epsilon, exponent, shift = new Float32Array(plan.rows) }) {
      const rows = new Float64Array(plan.rows);
      const shardSums: Float32Array[] = [];
      const fixed = { g: floats(g), exponent: scalar(exponent), inverseEpsilon: scalar(1 / epsilon) };
      await program.sweep(
        tileRows,
        (piece) => ({
          ...fixed,
          values: rowsAt(piece),
          f: rowsOfShard(f, 1, piece, plan, NOWHERE),
          shift: rowsOfShard(shift, 1, piece, plan),
          start: floats(shardSums[piece.shard] ?? new Float32Array(plan.width), [1, plan.width]),
        }),
        ({ shard, first, count }, output) => {
          rows.set((output.rows!.data as Float32Array).subarray(0, count), first);
          shardSums[shard] = output.sums!.data as Float32Array;
        },
      );
      const columns = new Float64Array(plan.width);
      for (const sums of shardSums) for (let j = 0; j < sums.length; j++) columns[j]! += sums[j]!;
      return { rows, columns };
    },
    close: () => program.close(),
  };
}

function stepProgram({ block, width }: ShardPlan, blocks: number, each: number, scores: Scores): Uint8Array {
  const inputs = {
    values: float32(blocks, block, each),
    f: float32(blocks, block, 1),
    shift: float32(blocks, block, 1),
    g: float32(width),
    inverseEpsilon: float32(),
    exponent: float32(),
    start: float32(1, width),
  };
  return toOnnx(
    trace('sinkhornStep', inputs, ({ values, f, shift, g, inverseEpsilon, exponent, start }) => {
      const scoresOf = scores(block, g!, inverseEpsilon!);
      const { carry, outputs } = scan({
        carry: { sums: start! },
        over: { values: values!, f: f!, shift: shift! },
        length: blocks,
        body: ({ sums }, slices) =>
          weighed(exp(scoresOf(slices.values!, slices.f!)), sums!, slices.shift!, exponent!),
      });
      return { rows: reshape(outputs.rows!, [blocks * block]), sums: carry.sums! };
    }),
  );
}

/** The row sums of `entries` [block, m], and `sums` [1, m] with the weighted column sums added. */
function weighed(entries: Tensor, sums: Tensor, shift: Tensor, exponent: Tensor) {
  const rows = reduceSum(entries, 1, true);
  const weights = exp(add(shift, multiply(exponent, log(maximum(rows, SMALLEST_SUM)))));
  const columns = matmul(reshape(weights, [1, weights.shape[0]!]), entries);
  return { carry: { sums: add(columns, sums) }, outputs: { rows } };
}
