/**
 * @file A random forest for several targets (Breiman 2001) as a base model, grown on the host and asked as a program.
 *
 * No library: the one on npm that takes plain arrays needed 20 s for 20 trees on 2,000 rows of 15 features, fits one target
 * at a time, and keeps its trees in a form that cannot be exported. Bins make growing cheap, flat arrays make the program.
 */
import {
  add,
  cast,
  constant,
  gather,
  greater,
  matmul,
  multiply,
  pick,
  reshape,
  scan,
  stream,
  type Tensor,
} from '../../../../native-models';
import { vector } from '../../../disk/named-arrays';
import type { ConformalConfig } from '../config';
import type { Rows } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';
import type { FitContext } from '../types';
import { binFeatures, growTree, NEVER, type Tree } from './forest-growth';

/**
 * Grows `trees` trees, each on rows drawn with repetition, trying a third of the features per split. Null when stopped.
 * Arrays: `feature`, `threshold`, `left` [trees, nodes], `value` [trees, nodes, d], `depth` [1]; short trees are padded.
 */
export async function fitForest(
  context: FitContext,
  { trees }: Pick<ConformalConfig, 'trees'>,
  rows: Rows,
): Promise<Arrays | null> {
  const { seed, shape } = context;
  const { d, features } = shape;
  const data = {
    binned: binFeatures(rows.x, rows.count, features),
    ...{ y: rows.y, d, tried: Math.max(1, Math.ceil(features / 3)) },
  };
  const grown: Tree[] = [];
  for (let tree = 0; tree < trees; tree++) {
    if (context.shouldStop()) return null;
    const random = stream(seed, 'conformal.forest', tree);
    grown.push(growTree(data, random.integers(new Int32Array(rows.count), rows.count), random));
    context.onProgress((tree + 1) / trees);
    // A person's wish to stop arrives between trees only if others get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return forestArrays(grown, d);
}

function forestArrays(trees: readonly Tree[], d: number): Arrays {
  const nodes = Math.max(...trees.map(({ feature }) => feature.length));
  const count = trees.length * nodes;
  const feature = new Int32Array(count);
  const threshold = new Float32Array(count).fill(NEVER);
  const left = new Int32Array(count);
  const value = new Float32Array(count * d);
  trees.forEach((tree, t) => {
    feature.set(tree.feature, t * nodes);
    threshold.set(tree.threshold, t * nodes);
    left.set(tree.left, t * nodes);
    value.set(tree.value, t * nodes * d);
  });
  const shape = [trees.length, nodes];
  return {
    feature: { data: feature, shape },
    threshold: { data: threshold, shape },
    left: { data: left, shape },
    value: { data: value, shape: [...shape, d] },
    depth: vector(Int32Array.of(Math.max(...trees.map(({ depth }) => depth)))),
  };
}

/** x [rows, features] to the mean over the trees, [rows, d]: one Loop over the trees, whose body walks down all rows at once. */
export function forestMean({ feature, threshold, left, value, depth }: Arrays, x: Tensor): Tensor {
  const [trees, nodes, d] = value!.shape as [number, number, number];
  const [rows, features] = x.shape as [number | string, number];
  // Zeros of the rows' number, which is open when the program is built.
  const zeros = (width: number) => matmul(x, constant(0, [features, width], x.dtype));
  const root = cast(reshape(zeros(1), [rows]), 'int32');
  const table = ({ data, shape }: Arrays[string], dtype: 'int32' | 'float32') => constant(data, shape, dtype);
  const { carry } = scan({
    carry: { sum: zeros(d) },
    over: {
      feature: table(feature!, 'int32'),
      threshold: table(threshold!, 'float32'),
      left: table(left!, 'int32'),
      value: table(value!, 'float32'),
    },
    length: trees,
    body({ sum }, tree) {
      let node = root;
      for (let level = 0; level < depth!.data[0]!; level++) {
        const asked = pick(x, gather(tree.feature!, node, 0));
        const right = cast(greater(asked, gather(tree.threshold!, node, 0)), 'int32');
        node = add(gather(tree.left!, node, 0), right);
      }
      return { carry: { sum: add(sum!, gather(reshape(tree.value!, [nodes, d]), node, 0)) }, outputs: {} };
    },
  });
  return multiply(carry.sum!, 1 / trees);
}
