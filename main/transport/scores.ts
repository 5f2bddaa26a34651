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
export type Reduction = (scores: Tensor) => Record<string, Tensor>;

/**
 * An ONNX program of `points` [rows, dimension], `potential` [width] and `inverseEpsilon` for any number of rows; `columns`
 * [dimension, width] are the points of the columns. Cut into `blocks` times `block` rows, `points` are [blocks, block,
 * dimension], of which one block of scores exists at a time; the outputs have a row for every row of all blocks.
 */
export function scoreProgram(
  name: string,
  columns: Float32Array,
  dimension: number,
  reduce: Reduction,
  cut?: { block: number; blocks: number },
): Uint8Array {
  const width = columns.length / dimension;
  const inputs = {
    points: cut ? float32(cut.blocks, cut.block, dimension) : float32('rows', dimension),
    potential: float32(width),
    inverseEpsilon: float32(),
  };
  return toOnnx(
    trace(name, inputs, ({ points, potential, inverseEpsilon }) => {
      const fixed = constant(columns, [dimension, width]);
      const reduced = (rows: Tensor) => reduce(affine(multiply(rows, inverseEpsilon!), fixed, potential!));
      if (!cut) return reduced(points!);
      const { outputs } = scan({
        carry: {},
        over: { points: points! },
        length: cut.blocks,
        body: (_carry, slices) => ({ carry: {}, outputs: reduced(slices.points!) }),
      });
      const rows = cut.blocks * cut.block;
      const whole = (output: Tensor) => reshape(output, [rows, ...output.shape.slice(2)]);
      return Object.fromEntries(Object.entries(outputs).map(([key, output]) => [key, whole(output)]));
    }),
  );
}

/** Each row's largest score, the scores from it, and their exponentials, which cannot overflow. */
export function fromLargest(scores: Tensor): { largest: Tensor; below: Tensor; weights: Tensor } {
  const largest = reduceMax(scores, 1, true);
  const below = subtract(scores, largest);
  return { largest, below, weights: exp(below) };
}
