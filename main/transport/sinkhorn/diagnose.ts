/** @file How blurred a coupling is, and what was drawn from it: effective and distinct targets, cost, conditional variance. */
import type { Compute, Device } from '../../contract/compute';
import { rowProduct } from '../../numerics/points';
import type { DrawnPairs } from './draw';
import { rowStatistics } from './rows';
import type { CoupledClouds } from '../kernel';

export interface CouplingDiagnostics {
  /** Mean and histogram over all rows of e^H_i: how many data points a row is spread over. */
  effectiveTargets: { mean: number; histogram: Histogram };
  /** Share of the data points drawn at least once. */
  distinctTargets: number;
  /** Entry k: data points drawn k times; the last entry k times or more. */
  drawnTimes: Int32Array;
  /** Mean of ½‖x₀−x₁‖² over the drawn pairs, in the points' own units and all coordinates. */
  drawnCost: number;
  /** Σ P_ij ½‖x_i−y_j‖² over rows of equal weight; NaN where no rows were measured, as the next two. */
  cost: number;
  /** Var(x₁|x₀): mean over rows of the variance of the data point given the row, summed over coordinates. */
  conditionalVariance: number;
  /** Rows that the last two are means of. */
  rowsMeasured: number;
  /** Σ_i P_ii of equally many points: 1 where the coupling is the identity; NaN otherwise. */
  diagonalMass: number;
  /** Σ_i |Σ_j P_ij − 1/n| and the same over columns, of the final P. */
  rowError: number;
  columnError: number;
}

export interface Histogram {
  /** Bin k holds values from edges[k] up to edges[k+1]; the last edge belongs to the last bin. */
  edges: Float64Array;
  counts: Int32Array;
}

/** Times drawn that are told apart. */
const MOST_TIMES = 16;

/** Spread of the rows over data points: e^H per row in bins half an octave wide, up to `columns` targets. */
export function effectiveTargets(
  rowEntropy: Float64Array,
  columns: number,
): CouplingDiagnostics['effectiveTargets'] {
  const bins = Math.max(1, Math.ceil(2 * Math.log2(Math.max(2, columns))));
  const edges = Float64Array.from({ length: bins + 1 }, (_, k) => 2 ** (k / 2));
  const counts = new Int32Array(bins);
  let sum = 0;
  for (const entropy of rowEntropy) {
    sum += Math.exp(entropy);
    counts[Math.min(bins - 1, Math.max(0, Math.floor((2 * entropy) / Math.LN2)))]!++;
  }
  return { mean: sum / rowEntropy.length, histogram: { edges, counts } };
}

/** How often each of `count` data points was drawn: share drawn at all, and points by times drawn. */
export function drawnTargets(
  columns: Int32Array,
  count: number,
): Pick<CouplingDiagnostics, 'distinctTargets' | 'drawnTimes'> {
  const times = new Int32Array(count);
  for (const column of columns) times[column]!++;
  const drawnTimes = new Int32Array(MOST_TIMES + 1);
  for (const time of times) drawnTimes[Math.min(MOST_TIMES, time)]!++;
  return { distinctTargets: 1 - drawnTimes[0]! / count, drawnTimes };
}

/** Mean of ½‖x_i−y_j‖² over drawn pairs of `x` and `y` [·, dimension]. */
export function drawnCost(
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  { rows, columns }: Pick<DrawnPairs, 'rows' | 'columns'>,
): number {
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    const [left, right] = [rows[k]! * dimension, columns[k]! * dimension];
    for (let c = 0; c < dimension; c++) sum += (x[left + c]! - y[right + c]!) ** 2 / 2;
  }
  return sum / rows.length;
}

/** Σ_i P_ii of a solved coupling, with `f` [n] the row potential of the products alone; NaN unless n = m. */
export function diagonalMass({ x, y, dimension, epsilon, g }: CoupledClouds, f: Float64Array): number {
  if (f.length !== g.length) return NaN;
  let mass = 0;
  for (let i = 0; i < f.length; i++)
    mass += Math.exp(f[i]! + g[i]! + rowProduct(x, i, y, i, dimension) / epsilon);
  return mass;
}

/**
 * Transport cost and Var(x₁|x₀) from P itself, over the `rows` asked for, tile by tile. `x` and `y` [·, dimension] are the
 * whole points in their own units, whatever the cost was reckoned in; `meanY` is where y is centred. Null when stopped.
 */
export async function spreadOf(
  compute: Compute,
  clouds: CoupledClouds,
  { x, y, dimension, meanY }: { x: Float32Array; y: Float32Array; dimension: number; meanY: Float64Array },
  rows: ArrayLike<number>,
  options: { device?: Device; shouldStop?: () => boolean } = {},
): Promise<Pick<CouplingDiagnostics, 'cost' | 'conditionalVariance' | 'rowsMeasured'> | null> {
  let [cost, variance] = [0, 0];
  // Near the origin E‖y‖² − ‖E y‖² loses least to rounding.
  const points = y.map((value, at) => value - meanY[at % dimension]!);
  const entropy = await rowStatistics(compute, clouds, {
    ...options,
    rows,
    values: {
      points,
      dimension,
      visit(place, mean, square) {
        let [own, product, norm] = [0, 0, 0];
        for (let k = 0, at = rows[place]! * dimension; k < dimension; k++, at++) {
          const value = x[at]! - meanY[k]!;
          own += value * value;
          product += value * mean[k]!;
          norm += mean[k]! * mean[k]!;
        }
        cost += own / 2 + square / 2 - product;
        variance += Math.max(0, square - norm);
      },
    },
  });
  const count = rows.length;
  return entropy && { cost: cost / count, conditionalVariance: variance / count, rowsMeasured: count };
}
