/** @file The scores x_i·y_j/ε + potential_j of rows against all columns as ONNX programs, reduced as asked. */
import {
  affine,
  constant,
  exp,
  float32,
  multiply,
  reduceMax,
  reshape,
  scan,
  subtract,
  toOnnx,
  trace,
  type Tensor,
} from '../../native-models';

/** Makes of the scores [rows, width] what is wanted of each of the rows, [rows, …]. */
type Reduction = (scores: Tensor) => Record<string, Tensor>;

/**
 * An ONNX program of `points` [rows, dimension], `potential` [width] and `inverseEpsilon` for any number of rows; `columns`
 * [dimension, width] are the points of the columns.
 */
export function scoreProgram(
  name: string,
  columns: Float32Array,
  dimension: number,
  reduce: Reduction,
): Uint8Array {
  const width = columns.length / dimension;
  const inputs = {
    points: float32('rows', dimension),
    potential: float32(width),
    inverseEpsilon: float32(),
  };
  return toOnnx(
    trace(name, inputs, ({ points, potential, inverseEpsilon }) => {
      const fixed = constant(columns, [dimension, width]);
      return reduce(affine(multiply(points!, inverseEpsilon!), fixed, potential!));
    }),
  );
}

/**
 * The same for `blocks` times `block` rows, `points` [blocks, block, dimension], of which one block of scores exists at a
 * time; the outputs have a row for every row of all blocks.
 */
export function scoreBlockProgram(
  name: string,
  columns: Float32Array,
  dimension: number,
  { block, blocks }: { block: number; blocks: number },
  reduce: Reduction,
): Uint8Array {
  const width = columns.length / dimension;
  const inputs = {
    points: float32(blocks, block, dimension),
    potential: float32(width),
    inverseEpsilon: float32(),
  };
  return toOnnx(
    trace(name, inputs, ({ points, potential, inverseEpsilon }) => {
      const fixed = constant(columns, [dimension, width]);
      const { outputs } = scan({
        carry: {},
        over: { points: points! },
        length: blocks,
        body: (_carry, slices) => ({
          carry: {},
          outputs: reduce(affine(multiply(slices.points!, inverseEpsilon!), fixed, potential!)),
        }),
      });
      return Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => [
          key,
          reshape(value, [blocks * block, ...value.shape.slice(2)]),
        ]),
      );
    }),
  );
}

/** Each row's largest score, the scores from it, and their exponentials, which cannot overflow. */
export function fromLargest(scores: Tensor): { largest: Tensor; below: Tensor; weights: Tensor } {
  const largest = reduceMax(scores, 1, true);
  const below = subtract(scores, largest);
  return { largest, below, weights: exp(below) };
}
