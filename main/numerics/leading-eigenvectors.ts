/** @file Leading eigenvectors of a symmetric positive semidefinite matrix in double precision. */
import { stream } from '../../native-models';

export interface Eigenpairs {
  /** [count] eigenvalues, largest first. */
  values: Float64Array;
  /** [count, size] unit eigenvectors in rows; the entry of largest magnitude of each is positive. */
  vectors: Float64Array;
}

/** Extra directions: the wanted ones converge at the rate of an eigenvalue that much further down. */
const OVERSAMPLING = 10;
const MAXIMUM_SWEEPS = 100;
/** Up to this size the whole problem is solved at once. */
const DENSE = 96;

/**
 * The `count` leading eigenpairs of `matrix` [size, size] by subspace iteration with Rayleigh–Ritz (Golub and Van
 * Loan, section 8.2). It starts from a fixed stream: the same matrix always gives the same bits. Sweeps end when the sum of
 * the block's eigenvalues changes by less than the share `tolerance`. Eigenvectors of (nearly) equal eigenvalues are any basis of their common subspace.
 */
export function leadingEigenpairs(
  matrix: Float64Array,
  size: number,
  count: number,
  tolerance = 1e-9,
): Eigenpairs {
  const block = size <= DENSE ? size : Math.min(size, count + OVERSAMPLING);
  let basis: Float64Array = new Float64Array(block * size);
  if (block === size) for (let k = 0; k < size; k++) basis[k * size + k] = 1;
  else basis.set(stream(0, 'flows.subspace').normal(new Float32Array(block * size)));
  orthonormalise(basis, block, size);
  let settled = -1;
  for (let sweep = 0; ; sweep++) {
    const image = applyRows(matrix, basis, size, block);
    // The sum of the Ritz values is a trace: it tells how much the subspace has caught without solving for them.
    const caught = dot(basis, image, 0, block * size);
    if (block < size && Math.abs(caught - settled) > tolerance * Math.abs(caught) && sweep < MAXIMUM_SWEEPS) {
      settled = caught;
      basis = image;
      orthonormalise(basis, block, size);
      continue;
    }
    const ritz = jacobi(products(basis, image, block, size), block);
    return {
      values: ritz.values.slice(0, count),
      vectors: oriented(applyRows(transposed(basis, block, size), ritz.vectors, block, count, size), size),
    };
  }
}

/** All eigenpairs of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, algorithm 8.4.3). */
export function jacobi(symmetric: Float64Array, size: number): Eigenpairs {
  const a = symmetric.slice();
  const v = new Float64Array(size * size);
  let scale = 0;
  for (let k = 0; k < size; k++) v[k * size + k] = 1;
  for (const value of a) scale += value * value;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += a[p * size + q]! ** 2;
    if (off <= 1e-30 * scale) break;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const apart = a[p * size + q]!;
        if (apart === 0) continue;
        const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apart);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotateColumns(a, size, p, q, c, t * c);
        rotateRows(a, size, p, q, c, t * c);
        rotateRows(v, size, p, q, c, t * c);
      }
  }
  const order = Array.from({ length: size }, (_, k) => k).sort(
    (left, right) => a[right * size + right]! - a[left * size + left]! || left - right,
  );
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => vectors.set(v.subarray(from * size, (from + 1) * size), to * size));
  return { values: Float64Array.from(order, (k) => a[k * size + k]!), vectors };
}

function rotateRows(m: Float64Array, size: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0, left = p * size, right = q * size; k < size; k++, left++, right++) {
    const [first, second] = [m[left]!, m[right]!];
    m[left] = c * first - s * second;
    m[right] = s * first + c * second;
  }
}

function rotateColumns(m: Float64Array, size: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < size * size; k += size) {
    const [first, second] = [m[k + p]!, m[k + q]!];
    m[k + p] = c * first - s * second;
    m[k + q] = s * first + c * second;
  }
}

/** Row r of the answer [rows, width] is matrix [width, size] times row r of `vectors` [rows, size]. */
function applyRows(
  matrix: Float64Array,
  vectors: Float64Array,
  size: number,
  rows: number,
  width = size,
): Float64Array {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < width; i++) {
    const row = matrix.subarray(i * size, (i + 1) * size);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let k = 0, at = r * size; k < size; k++, at++) sum += row[k]! * vectors[at]!;
      out[r * width + i] = sum;
    }
  }
  return out;
}

/** [rows, rows] inner products of the rows of both, made symmetric against rounding. */
function products(left: Float64Array, right: Float64Array, rows: number, size: number): Float64Array {
  const table = applyRows(left, right, size, rows, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < i; j++)
      table[i * rows + j] = table[j * rows + i] = (table[i * rows + j]! + table[j * rows + i]!) / 2;
  return table;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j]!;
  return out;
}

/** Gram–Schmidt over the rows, twice for stability; a row with nothing left becomes zero. */
function orthonormalise(v: Float64Array, rows: number, size: number): void {
  for (let b = 0; b < rows; b++) {
    const own = v.subarray(b * size, (b + 1) * size);
    const before = Math.sqrt(dot(own, own, 0, size));
    for (let pass = 0; pass < 2; pass++)
      for (let a = 0; a < b; a++) {
        const overlap = dot(own, v, a * size, size);
        for (let k = 0, at = a * size; k < size; k++, at++) own[k]! -= overlap * v[at]!;
      }
    const length = Math.sqrt(dot(own, own, 0, size));
    // What Gram–Schmidt leaves of a dependent row is rounding.
    const kept = length > 1e-12 * before ? 1 / length : 0;
    for (let k = 0; k < size; k++) own[k]! *= kept;
  }
}

function dot(left: Float64Array, right: Float64Array, at: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += left[k]! * right[at + k]!;
  return sum;
}

function oriented(vectors: Float64Array, size: number): Float64Array {
  for (let first = 0; first < vectors.length; first += size) {
    const own = vectors.subarray(first, first + size);
    let largest = 0;
    for (let k = 1; k < size; k++) if (Math.abs(own[k]!) > Math.abs(own[largest]!)) largest = k;
    if (own[largest]! < 0) for (let k = 0; k < size; k++) own[k] = -own[k]!;
  }
  return vectors;
}
