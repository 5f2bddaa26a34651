/** @file The scores x_i·y_j/ε + potential_j, one block of rows against all columns at a time, reduced as asked. */
import {
  affine,
  constant,
  float32,
  multiply,
  reshape,
  scan,
  toOnnx,
  trace,
  type Tensor,
} from '../../native-models';

export interface ScoreBlocks {
  /** [dimension, width] the points of the columns. */
  columns: Float32Array;
  dimension: number;
  /** Rows of a block, and the number of blocks. */
  block: number;
  blocks: number;
}

/**
 * An ONNX program of `points` [blocks, block, dimension], `potential` [width] and `inverseEpsilon`. `reduce` makes of
 * the scores [block, width] of a block what is wanted of each of its rows, [block, …]; the outputs have a row for every
 * row of all blocks.
 */
export function scoreBlockProgram(
  name: string,
  { columns, dimension, block, blocks }: ScoreBlocks,
  reduce: (scores: Tensor) => Record<string, Tensor>,
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
