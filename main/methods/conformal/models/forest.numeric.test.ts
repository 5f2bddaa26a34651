/** @file The forest against its definition: a tree of one split found by trying all, its program against a walk by hand. */
import { describe, expect, it } from 'vitest';
import { evaluate, float32, stream, trace } from '../../../../native-models';
import { expectClose } from '../../../../native-models/testing/expect-close';
import { fitForest, forestMean } from './forest';
import { binFeatures, growTree, type Tree } from './forest-growth';
import { curvedRows, fitContext } from './testing';

/** The lowest sum of squared errors that one cut of one feature reaches with 5 rows or more on each side. */
function bestByTrying(x: Float32Array, y: Float32Array, rows: number, features: number, d: number): number {
  const spread = (chosen: number[]) => {
    let total = 0;
    for (let k = 0; k < d; k++) {
      const mean = chosen.reduce((sum, row) => sum + y[row * d + k]!, 0) / chosen.length;
      for (const row of chosen) total += (y[row * d + k]! - mean) ** 2;
    }
    return total;
  };
  let best = Infinity;
  for (let feature = 0; feature < features; feature++)
    for (let cut = 0; cut < rows; cut++) {
      const side = (right: boolean) =>
        [...Array(rows).keys()].filter(
          (row) => x[row * features + feature]! > x[cut * features + feature]! === right,
        );
      const [left, right] = [side(false), side(true)];
      if (left.length >= 5 && right.length >= 5) best = Math.min(best, spread(left) + spread(right));
    }
  return best;
}

/** The leaf that a row falls into, by walking down. */
function walk(
  { feature, threshold, left }: Pick<Tree, 'feature' | 'threshold' | 'left'>,
  row: Float32Array,
): number {
  let node = 0;
  while (left[node] !== node) node = left[node]! + (row[feature[node]!]! > threshold[node]! ? 1 : 0);
  return node;
}

describe('growTree', () => {
  it('splits first where a search over all cuts would', () => {
    for (let seed = 0; seed < 5; seed++) {
      const { x, y, count } = curvedRows(40, seed);
      const binned = binFeatures(x, count, 3);
      const sample = Int32Array.from({ length: count }, (_, row) => row);
      const tree = growTree({ binned, y, d: 2, tried: 3 }, sample, stream(seed, 'test'));
      const sides = [0, 1].map((side) =>
        [...sample].filter((row) => (x[3 * row + tree.feature[0]!]! > tree.threshold[0]! ? 1 : 0) === side),
      );
      let error = 0;
      for (const side of sides)
        for (let k = 0; k < 2; k++) {
          const mean = side.reduce((sum, row) => sum + y[2 * row + k]!, 0) / side.length;
          for (const row of side) error += (y[2 * row + k]! - mean) ** 2;
        }
      expect(error).toBeCloseTo(bestByTrying(x, y, count, 3, 2), 4);
    }
  });

  it('keeps 5 rows in every leaf, whose value is their mean, and never splits what is equal', () => {
    const { x, y, count } = curvedRows(300, 3);
    const binned = binFeatures(x, count, 3);
    const sample = Int32Array.from({ length: count }, (_, row) => row);
    const tree = growTree({ binned, y, d: 2, tried: 1 }, sample, stream(1, 'test'));
    const leaves = new Map<number, number[]>();
    for (let row = 0; row < count; row++) {
      const leaf = walk(tree, x.subarray(3 * row, 3 * row + 3));
      leaves.set(leaf, [...(leaves.get(leaf) ?? []), row]);
    }
    expect(leaves.size).toBeGreaterThan(20);
    for (const [leaf, rows] of leaves) {
      expect(rows.length).toBeGreaterThanOrEqual(5);
      const mean = rows.reduce((sum, row) => sum + y[2 * row]!, 0) / rows.length;
      expect(tree.value[2 * leaf]).toBeCloseTo(mean, 5);
    }
    const flat = growTree(
      { binned, y: new Float32Array(2 * count).fill(3), d: 2, tried: 3 },
      sample,
      stream(1, 'test'),
    );
    expect([flat.feature.length, flat.depth]).toEqual([1, 0]);
  });
});

describe('binFeatures', () => {
  it('puts a value above as many edges as its bin says, also where there are few values or many', () => {
    const few = Float32Array.from({ length: 200 }, (_, row) => row % 7);
    const many = stream(1, 'test').normal(new Float32Array(1000));
    for (const x of [few, many, Float32Array.of(1, Math.fround(1 + 2 ** -23)), Float32Array.of(5, 5, 5)]) {
      const { bins, edges } = binFeatures(x, x.length, 1);
      const cuts = edges[0]!;
      expect(cuts.length).toBe(Math.min(new Set(x).size - 1, 63));
      x.forEach((value, row) => expect(bins[row]).toBe([...cuts].filter((edge) => value > edge).length));
    }
  });
});

describe('forestMean', () => {
  it('is the mean over the trees of the leaves that a walk reaches', async () => {
    const rows = curvedRows(120, 5);
    const arrays = (await fitForest(fitContext(), { trees: 4 }, rows))!;
    const test = curvedRows(30, 6);
    const graph = trace('forest', { x: float32(30, 3) }, ({ x }) => ({ mean: forestMean(arrays, x!) }));
    const { mean } = evaluate(graph, { x: { data: test.x, shape: [30, 3] } });
    const [trees, nodes] = arrays.feature!.shape as [number, number];
    expect(trees).toBe(4);
    const expected = new Float32Array(60);
    for (let t = 0; t < trees; t++) {
      const part = (name: string) => Array.from(arrays[name]!.data).slice(t * nodes, (t + 1) * nodes);
      const tree = { feature: part('feature'), threshold: part('threshold'), left: part('left') };
      for (let row = 0; row < 30; row++) {
        const leaf = walk(tree, test.x.subarray(3 * row, 3 * row + 3));
        for (let k = 0; k < 2; k++)
          expected[2 * row + k]! += arrays.value!.data[(t * nodes + leaf) * 2 + k]! / trees;
      }
    }
    expectClose(mean!.data, expected, { atol: 1e-6 });
  });
});
