/** @file Coverage in fifths of single features. */
import { columnOf } from '../../../numerics/gather';

export type FeatureBins = ReturnType<typeof featureBins>;

/**
 * Rows in `parts` bins of one feature with about the same number of rows each. Values that are the same stay together,
 * so features with few values have fewer bins. `x` [rows, features] in the units to be shown.
 */
export function featureBins(x: Float32Array, features: number, feature: number, hits: Uint8Array, parts = 5) {
  const rows = hits.length;
  const values = columnOf(x, features, feature);
  const sorted = values.slice().sort();
  const edges = [sorted[0]!];
  for (let part = 1; part < parts; part++) {
    const edge = sorted[Math.round((part * rows) / parts)]!;
    if (edge > edges.at(-1)!) edges.push(edge);
  }
  edges.push(sorted[rows - 1]!);
  const counts = new Array<number>(edges.length - 1).fill(0);
  const hit = [...counts];
  for (let row = 0; row < rows; row++) {
    let bin = counts.length - 1;
    while (bin > 0 && values[row]! < edges[bin]!) bin--;
    counts[bin]!++;
    hit[bin]! += hits[row]!;
  }
  const coverage = counts.map((count, bin) => hit[bin]! / count);
  const overall = hit.reduce((sum, value) => sum + value, 0) / rows;
  const variance = overall * (1 - overall);
  const parting = counts.reduce((sum, count, bin) => sum + count * (coverage[bin]! - overall) ** 2, 0);
  const difference = variance === 0 || counts.length === 1 ? 0 : parting / variance / (counts.length - 1);
  return {
    feature,
    /** Ascending borders, one more than bins; the last bin includes its upper end. */
    edges,
    ...{ coverage, counts },
    /**
     * Σ n_b (c_b − c)²/(c(1 − c)) over bins, per degree of freedom: about 1 where coverage does not depend on the feature; 0
     * where all rows are hits or misses.
     */
    difference,
  };
}

/**
 * Bins of the features whose bins differ most clearly in coverage, the clearest first; features with one value are left
 * out. The largest of many differences is large also by chance.
 */
export function tellingBins(x: Float32Array, features: number, hits: Uint8Array, most = 8): FeatureBins[] {
  return Array.from({ length: features }, (_, feature) => featureBins(x, features, feature, hits))
    .filter((bins) => bins.counts.length > 1)
    .sort((a, b) => b.difference - a.difference || a.feature - b.feature)
    .slice(0, most);
}
