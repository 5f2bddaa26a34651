/** @file What is known of each column ("unit") of many rows: moments, extremes, histogram, and how two groups of rows differ in it. */
import type { UnitTable } from '../contract/projection';
import { countBelow } from './sorted';

/** Columns taken out of the rows together: one pass over the rows serves all of them. */
const TOGETHER = 16;

/** Of all units. */
export type UnitStatistics = Omit<UnitTable, 'rows' | 'units'>;

/**
 * Statistics of each unit of `data` [rows, units], in double precision around the mean, so that an offset of a unit does not
 * show in its deviation, kurtosis or distances. `to` and `from` are row numbers; either empty leaves the distances NaN.
 */
export function unitStatistics(
  data: Float32Array,
  rows: number,
  units: number,
  groups: { to: ArrayLike<number>; from: ArrayLike<number> } | null = null,
): UnitStatistics {
  const each = () => new Float64Array(units);
  const [auroc, w1, w2] = groups ? [each(), each(), each()] : [null, null, null];
  const out = {
    ...{ maximum: each(), mean: each(), standardDeviation: each(), kurtosis: each(), above: each() },
    ...{ auroc, w1, w2 },
  };
  for (let first = 0; first < units; first += TOGETHER) {
    const columns = takeColumns(data, rows, units, first, Math.min(TOGETHER, units - first));
    columns.forEach((values, k) => {
      const moments = momentsOf(values);
      out.maximum[first + k] = moments.maximum;
      out.mean[first + k] = moments.mean;
      out.standardDeviation[first + k] = moments.standardDeviation;
      out.kurtosis[first + k] = moments.kurtosis;
      out.above[first + k] = moments.above;
      if (!groups) return;
      const [to, from] = [sortedValues(values, groups.to), sortedValues(values, groups.from)];
      auroc![first + k] = areaUnderCurve(to, from);
      const distances = wassersteinDistances(to, from);
      w1![first + k] = distances.w1;
      w2![first + k] = distances.w2;
    });
  }
  return out;
}

/** The column of one unit. */
export function unitValues(data: Float32Array, rows: number, units: number, unit: number): Float32Array {
  return takeColumns(data, rows, units, unit, 1)[0]!;
}

function takeColumns(
  data: Float32Array,
  rows: number,
  units: number,
  first: number,
  count: number,
): Float32Array[] {
  const columns = Array.from({ length: count }, () => new Float32Array(rows));
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < count; k++) columns[k]![row] = data[row * units + first + k]!;
  return columns;
}

function momentsOf(values: Float32Array) {
  const rows = values.length;
  const origin = values[0] ?? NaN;
  let [maximum, sum, positive] = [-Infinity, 0, 0];
  for (const value of values) {
    sum += value - origin;
    if (value > maximum) maximum = value;
    if (value > 0) positive++;
  }
  const shift = sum / rows;
  let [second, fourth] = [0, 0];
  for (const value of values) {
    const square = (value - origin - shift) ** 2;
    second += square;
    fourth += square * square;
  }
  return {
    maximum,
    mean: origin + shift,
    standardDeviation: rows > 1 ? Math.sqrt(second / (rows - 1)) : 0,
    kurtosis: second > 0 ? fourth / rows / (second / rows) ** 2 - 3 : NaN,
    above: positive / rows,
  };
}

function sortedValues(values: Float32Array, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length);
  for (let k = 0; k < rows.length; k++) out[k] = values[rows[k]!]!;
  return out.sort();
}

/** How often a value of `high` is above one of `low`, equal ones half, both ascending; NaN where one is empty. Mann and Whitney 1947. */
export function areaUnderCurve(high: Float32Array, low: Float32Array): number {
  let [below, notAbove, sum] = [0, 0, 0];
  for (const value of high) {
    while (below < low.length && low[below]! < value) below++;
    if (notAbove < below) notAbove = below;
    while (notAbove < low.length && low[notAbove]! <= value) notAbove++;
    sum += (below + notAbove) / 2;
  }
  return sum / (high.length * low.length);
}

/** ∫|Q_left − Q_right| and (∫(Q_left − Q_right)²)^½ over the quantile functions of two ascending lists; NaN where one is empty. */
export function wassersteinDistances(left: Float32Array, right: Float32Array): { w1: number; w2: number } {
  const [n, m] = [left.length, right.length];
  if (n === 0 || m === 0) return { w1: NaN, w2: NaN };
  // Steps of the quantile functions are at multiples of 1/n and 1/m: whole numbers when counted in units of 1/(n·m).
  let [at, i, j, w1, w2] = [0, 0, 0, 0, 0];
  while (i < n && j < m) {
    const end = Math.min((i + 1) * m, (j + 1) * n);
    const difference = Math.abs(left[i]! - right[j]!);
    w1 += difference * (end - at);
    w2 += difference * difference * (end - at);
    at = end;
    if (end === (i + 1) * m) i++;
    if (end === (j + 1) * n) j++;
  }
  return { w1: w1 / (n * m), w2: Math.sqrt(w2 / (n * m)) };
}

/** [bins + 1] edges of equal widths from the smallest to the largest value; of a constant unit around it. */
export function histogramEdges(values: Float32Array, bins: number): Float64Array {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(most > least)) [least, most] = [least - 0.5, least + 0.5];
  return Float64Array.from({ length: bins + 1 }, (_, k) =>
    k === bins ? most : least + ((most - least) * k) / bins,
  );
}

/** [bins] how many values lie in each bin [edge, next), the last one with both its edges. */
export function histogramCounts(values: ArrayLike<number>, edges: Float64Array): Uint32Array {
  const bins = edges.length - 1;
  const counts = new Uint32Array(bins);
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    // How many edges are not above the value: one search, exact at every edge.
    let bin = countBelow(edges, value);
    if (edges[bin] !== value) bin--;
    counts[Math.max(0, Math.min(bins - 1, bin))]!++;
  }
  return counts;
}

/** Rows by value, largest first, equal values by row; only those of at least `least`. */
export function rowsByValue(values: Float32Array, least = -Infinity): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row++) if (values[row]! >= least) rows.push(row);
  return Uint32Array.from(rows.sort((a, b) => values[b]! - values[a]! || a - b));
}
