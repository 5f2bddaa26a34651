/** @file How the trees of a forest grow: splits of quantile bins that lower the variance of all targets together. */
import type { RandomStream } from '../../../../native-models';
import { columnOf } from '../../../numerics/gather';
import { countBelow } from '../../../numerics/sorted';

/** Bins per feature. */
const BINS = 64;
const LEAST_LEAF = 5;
/** Splits from root to leaf at most. */
const DEEPEST = 12;

/** Features as bins: bin(x) is the number of edges below x, edges [features][at most 63], ascending. */
export interface Binned {
  rows: number;
  features: number;
  /** [features, rows]. */
  bins: Uint8Array;
  edges: Float32Array[];
}

/** Nodes of one tree, the root first; children lie beside each other. A leaf is its own child. */
export interface Tree {
  /** [nodes] feature that is asked for; 0 in leaves. */
  feature: number[];
  /** [nodes] x above it goes right; the largest number in leaves. */
  threshold: number[];
  /** [nodes] left child, the right one follows; itself in leaves. */
  left: number[];
  /** [nodes·d] mean of the targets. */
  value: number[];
  depth: number;
}

export const NEVER = 3.4028234663852886e38;

/** Cuts every feature at its quantiles, or between its values where they are few. x [rows, features]. */
export function binFeatures(x: Float32Array, rows: number, features: number): Binned {
  const bins = new Uint8Array(features * rows);
  const edges = Array.from({ length: features }, (_, k) => {
    const cuts = edgesOf(columnOf(x, features, k).sort());
    for (let row = 0; row < rows; row++) bins[k * rows + row] = countBelow(cuts, x[row * features + k]!);
    return cuts;
  });
  return { rows, features, bins, edges };
}

/** Values between which a feature may be cut. */
function edgesOf(sorted: Float32Array): Float32Array {
  const distinct = sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
  if (distinct.length <= BINS) {
    // Halfway, unless rounding takes that to the upper value.
    const between = (at: number) => Math.fround((distinct[at]! + distinct[at + 1]!) / 2);
    return Float32Array.from({ length: distinct.length - 1 }, (_, at) =>
      between(at) < distinct[at + 1]! ? between(at) : distinct[at]!,
    );
  }
  const cuts = Array.from(
    { length: BINS - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / BINS)]!,
  );
  return Float32Array.from(new Set(cuts));
}

/** What all trees of a forest share. */
export interface GrowthData {
  binned: Binned;
  /** [rows, d]. */
  y: Float32Array;
  d: number;
  /** Features that are tried per split. */
  tried: number;
}

/**
 * Grows one tree on the given rows (with repetition; they are put in order). A split maximises Σ_k (S_left,k²/n_left + S_right,k²/n_right) over
 * the bins of some features, which lowers the summed variance of the targets most; leaves keep 5 rows or more.
 */
export function growTree(data: GrowthData, sample: Int32Array, random: RandomStream): Tree {
  const { d } = data;
  sample.sort();
  const tree: Tree = { feature: [], threshold: [], left: [], value: [], depth: 0 };
  const sums = new Float64Array(BINS * d);
  const counts = new Int32Array(BINS);
  const addLeaf = (from: number, to: number) => {
    const node = tree.feature.length;
    tree.feature.push(0);
    tree.threshold.push(NEVER);
    tree.left.push(node);
    for (let k = 0; k < d; k++) {
      let sum = 0;
      for (let at = from; at < to; at++) sum += data.y[sample[at]! * d + k]!;
      tree.value.push(sum / (to - from));
    }
    return node;
  };
  const open = [{ node: addLeaf(0, sample.length), from: 0, to: sample.length, depth: 0 }];
  for (let next = open.shift(); next; next = open.shift()) {
    const { node, from, to, depth } = next;
    if (depth === DEEPEST || to - from < 2 * LEAST_LEAF) continue;
    const split = bestSplit(data, sample.subarray(from, to), random, sums, counts);
    if (!split) continue;
    const middle = from + partition(data, sample.subarray(from, to), split);
    tree.feature[node] = split.feature;
    tree.threshold[node] = data.binned.edges[split.feature]![split.bin]!;
    tree.left[node] = addLeaf(from, middle);
    addLeaf(middle, to);
    tree.depth = Math.max(tree.depth, depth + 1);
    open.push({ node: tree.left[node], from, to: middle, depth: depth + 1 });
    open.push({ node: tree.left[node] + 1, from: middle, to, depth: depth + 1 });
  }
  return tree;
}

interface SplitPlace {
  feature: number;
  /** Bins up to this one go left. */
  bin: number;
}

function bestSplit(
  { binned, y, d, tried }: GrowthData,
  rows: Int32Array,
  random: RandomStream,
  sums: Float64Array,
  counts: Int32Array,
): SplitPlace | null {
  const count = rows.length;
  // Read once per tried feature: side by side they stay in the cache.
  const answers = new Float64Array(count * d);
  const total = new Float64Array(d);
  for (let at = 0; at < count; at++)
    for (let k = 0; k < d; k++) total[k]! += answers[at * d + k] = y[rows[at]! * d + k]!;
  const whole = total.reduce((sum, value) => sum + value * value, 0) / count;
  const left = new Float64Array(d);
  // A gain that is only rounding is none.
  let best = whole + 1e-9 * (1 + whole);
  let place: SplitPlace | null = null;
  const order = tried < binned.features ? random.permutation(binned.features) : null;
  for (let t = 0; t < tried; t++) {
    const feature = order ? order[t]! : t;
    const used = binned.edges[feature]!.length + 1;
    if (used === 1) continue;
    sumBins(binned.bins.subarray(feature * binned.rows), rows, answers, d, used, sums, counts);
    left.fill(0);
    let below = 0;
    for (let bin = 0; bin < used - 1; bin++) {
      // Deep nodes have fewer rows than there are bins.
      if (counts[bin] === 0) continue;
      below += counts[bin]!;
      for (let k = 0; k < d; k++) left[k]! += sums[bin * d + k]!;
      const rest = count - below;
      if (below < LEAST_LEAF) continue;
      if (rest < LEAST_LEAF) break;
      let gain = 0;
      for (let k = 0; k < d; k++) gain += left[k]! ** 2 / below + (total[k]! - left[k]!) ** 2 / rest;
      if (gain > best) [best, place] = [gain, { feature, bin }];
    }
  }
  return place;
}

/** Rows and sums of the answers by bin: nearly all of the time of a forest goes here. */
function sumBins(
  bins: Uint8Array,
  rows: Int32Array,
  answers: Float64Array,
  d: number,
  used: number,
  sums: Float64Array,
  counts: Int32Array,
): void {
  sums.fill(0, 0, used * d);
  counts.fill(0, 0, used);
  let from = 0;
  for (let at = 0; at < rows.length; at++) {
    const bin = bins[rows[at]!]!;
    counts[bin]! += 1;
    for (let to = bin * d, end = to + d; to < end; to++) sums[to]! += answers[from++]!;
  }
}

/** Puts the rows that go left first and keeps the order on both sides, so that memory is read in order; returns their number. */
function partition({ binned }: GrowthData, rows: Int32Array, { feature, bin }: SplitPlace): number {
  const bins = binned.bins.subarray(feature * binned.rows, (feature + 1) * binned.rows);
  const right = new Int32Array(rows.length);
  let [kept, moved] = [0, 0];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    if (bins[row]! <= bin) rows[kept++] = row;
    else right[moved++] = row;
  }
  rows.set(right.subarray(0, moved), kept);
  return kept;
}
