/** @file The two display axes of a point cloud: its own two columns, or its two principal components. */
import { stream } from '../../native-models';
import { stratifiedRows } from '../numerics/stretches';
import type { Matrix } from '../contract/data';

/** A fixed linear view, so that data and samples land on the same axes. */
export interface Display {
  axes: [string, string];
  /** Share of the total variance per axis when projected; null when columns are shown as they are. */
  explained: [number, number] | null;
  /** [count, d] row-major points to [count, 2]. */
  project(points: Float32Array, count: number): Float32Array;
}

/** Rows used to find the axes; the rest is only projected. */
const MAXIMUM_ROWS = 20_000;
/** Values in one pass over the rows; wide data are thinned to it. */
const MAXIMUM_VALUES = 2_000_000;
/** Up to this dimension the covariance matrix is formed, which makes the many sweeps cheap. */
const SMALL = 128;
const BLOCK = 6;
const SMALL_SWEEPS = 500;
const WIDE_SWEEPS = 24;

/**
 * The display of a matrix: one column gives (value, 0), two are shown as they are, more are
 * projected on the first two principal components. Deterministic: rows are thinned the same way each time, the
 * iteration starts from a fixed stream, and each axis has its largest weight positive.
 */
export function fitDisplay(matrix: Matrix): Display {
  const { columns: d } = matrix;
  if (d <= 2) {
    const names =
      matrix.names.length === d ? matrix.names : Array.from({ length: d }, (_, i) => `dimension ${i + 1}`);
    return {
      axes: [names[0] ?? 'value', names[1] ?? ''],
      explained: null,
      project(points, count) {
        if (d === 2) return points.slice(0, 2 * count);
        const out = new Float32Array(2 * count);
        for (let i = 0; i < count; i += 1) out[2 * i] = points[i]!;
        return out;
      },
    };
  }
  const { mean, axes, explained } = principalAxes(matrix);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return {
    axes: [`component 1 (${percent(explained[0])})`, `component 2 (${percent(explained[1])})`],
    explained,
    project(points, count) {
      const out = new Float32Array(2 * count);
      for (let i = 0; i < count; i += 1) {
        let first = 0;
        let second = 0;
        for (let k = 0; k < d; k += 1) {
          const value = points[i * d + k]! - mean[k]!;
          first += value * axes[k]!;
          second += value * axes[d + k]!;
        }
        out[2 * i] = first;
        out[2 * i + 1] = second;
      }
      return out;
    },
  };
}

/**
 * Block power iteration with Rayleigh–Ritz (Golub and Van Loan, section 8.2): V ← orth(XᵀXV), without forming XᵀX.
 * A block wider than two makes the two leading axes converge at the rate of the seventh eigenvalue.
 */
function principalAxes(matrix: Matrix): {
  mean: Float64Array;
  axes: Float64Array;
  explained: [number, number];
} {
  const { columns: d } = matrix;
  const most = Math.ceil(Math.min(MAXIMUM_ROWS, Math.max(64, MAXIMUM_VALUES / d)));
  const rows = stratifiedRows(matrix.rows, most);
  const n = rows.length;
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i += 1) for (let k = 0; k < d; k += 1) mean[k]! += matrix.data[rows[i]! * d + k]!;
  for (let k = 0; k < d; k += 1) mean[k]! /= n;
  const centred = new Float32Array(n * d);
  let total = 0;
  for (let i = 0; i < n; i += 1)
    for (let k = 0; k < d; k += 1) {
      const value = matrix.data[rows[i]! * d + k]! - mean[k]!;
      centred[i * d + k] = value;
      total += value * value;
    }
  const block = Math.min(BLOCK, d);
  let basis: Float64Array = Float64Array.from(stream(0, 'display axes').normal(new Float32Array(block * d)));
  let energies: Float64Array = new Float64Array(block);
  orthonormalise(basis, block, d);
  const covariance = d <= SMALL ? covarianceMatrix(centred, n, d) : null;
  const tolerance = covariance ? 1e-12 : 1e-8;
  for (let sweep = 0; sweep < (covariance ? SMALL_SWEEPS : WIDE_SWEEPS); sweep += 1) {
    const image = covariance
      ? multiply(covariance, basis, d, block)
      : applyCovariance(centred, basis, n, d, block);
    energies = energies.map((_, b) => dot(image, basis, b * d, b * d, d));
    const moved = orthonormalise(image, block, d);
    const change = 1 - Math.min(Math.abs(dot(image, basis, 0, 0, d)), Math.abs(dot(image, basis, d, d, d)));
    basis = image;
    if (!moved || change < tolerance) break;
  }
  const order = [0, 1].sort((a, b) => energies[b]! - energies[a]!);
  const axes = new Float64Array(2 * d);
  order.forEach((b, i) => axes.set(signed(basis.subarray(b * d, (b + 1) * d)), i * d));
  // What is left of constant data after centring is rounding, not variance.
  const negligible = 1e-13 * n * dot(mean, mean, 0, 0, d);
  const share = (b: number) => (total > negligible ? energies[b]! / total : 0);
  return { mean, axes, explained: [share(order[0]!), share(order[1]!)] };
}

/** XᵀX V for row-stacked V [block, d], one pass over the rows of X. */
function applyCovariance(
  x: Float32Array,
  v: Float64Array,
  n: number,
  d: number,
  block: number,
): Float64Array {
  const out = new Float64Array(block * d);
  for (let i = 0; i < n; i += 1) {
    const row = i * d;
    for (let b = 0; b < block; b += 1) {
      const at = b * d;
      let sum = 0;
      for (let k = 0; k < d; k += 1) sum += x[row + k]! * v[at + k]!;
      for (let k = 0; k < d; k += 1) out[at + k]! += sum * x[row + k]!;
    }
  }
  return out;
}

/** XᵀX as a full matrix [d, d]. */
function covarianceMatrix(x: Float32Array, n: number, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < n; i += 1)
    for (let a = 0; a < d; a += 1) {
      const value = x[i * d + a]!;
      for (let b = 0; b < d; b += 1) out[a * d + b]! += value * x[i * d + b]!;
    }
  return out;
}

/** C V for a symmetric C [d, d] and row-stacked V [block, d]. */
function multiply(c: Float64Array, v: Float64Array, d: number, block: number): Float64Array {
  const out = new Float64Array(block * d);
  for (let b = 0; b < block; b += 1)
    for (let k = 0; k < d; k += 1) out[b * d + k] = dot(c, v, k * d, b * d, d);
  return out;
}

/** Gram–Schmidt, twice for stability. False when nothing is left, as for constant data. */
function orthonormalise(v: Float64Array, block: number, d: number): boolean {
  let any = false;
  for (let b = 0; b < block; b += 1) {
    for (let pass = 0; pass < 2; pass += 1)
      for (let a = 0; a < b; a += 1) {
        const overlap = dot(v, v, a * d, b * d, d);
        for (let k = 0; k < d; k += 1) v[b * d + k]! -= overlap * v[a * d + k]!;
      }
    const norm = Math.sqrt(dot(v, v, b * d, b * d, d));
    if (norm > 1e-200) any = true;
    for (let k = 0; k < d; k += 1) v[b * d + k] = norm > 1e-200 ? v[b * d + k]! / norm : 0;
  }
  return any;
}

function dot(a: Float64Array, b: Float64Array, atA: number, atB: number, d: number): number {
  let sum = 0;
  for (let k = 0; k < d; k += 1) sum += a[atA + k]! * b[atB + k]!;
  return sum;
}

/** The axis turned so that its weight of largest magnitude is positive. */
function signed(axis: Float64Array): Float64Array {
  let largest = 0;
  axis.forEach((weight, k) => {
    if (Math.abs(weight) > Math.abs(axis[largest]!)) largest = k;
  });
  return axis[largest]! < 0 ? axis.map((weight) => -weight) : axis;
}
