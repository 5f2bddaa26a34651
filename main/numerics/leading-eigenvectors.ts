/** @file Leading eigenvectors of a symmetric positive semidefinite matrix in double precision. */
import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { stream } from '../../native-models';

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
export function leadingEigenpairs(matrix: Float64Array, size: number, count: number, tolerance = 1e-9) {
  const whole = Matrix.from1DArray(size, size, matrix);
  const block = size <= DENSE ? size : Math.min(size, count + OVERSAMPLING);
  let basis = Matrix.eye(size);
  if (block < size) {
    const start = stream(0, 'flows.subspace').normal(new Float32Array(block * size));
    basis = orthonormal(Matrix.from1DArray(size, block, start));
  }
  let image = whole.mmul(basis);
  let settled = -1;
  for (let sweep = 0; block < size && sweep < MAXIMUM_SWEEPS; sweep++) {
    // The sum of the Ritz values is a trace: it tells how much the subspace has caught without solving for them.
    const caught = Matrix.mul(basis, image).sum();
    if (Math.abs(caught - settled) <= tolerance * Math.abs(caught)) break;
    settled = caught;
    basis = orthonormal(image);
    image = whole.mmul(basis);
  }
  const ritz = new EigenvalueDecomposition(basis.transpose().mmul(image), { assumeSymmetric: true });
  const vectors = new Float64Array(count * size);
  const found = basis.mmul(ritz.eigenvectorMatrix);
  // They come smallest first.
  for (let k = 0; k < count; k++) vectors.set(oriented(found.getColumn(block - 1 - k)), k * size);
  return {
    /** [count] eigenvalues, largest first. */
    values: Float64Array.from(ritz.realEigenvalues).reverse().slice(0, count),
    /** [count, size] unit eigenvectors in rows; the entry of largest magnitude of each is positive. */
    vectors,
  };
}

function orthonormal(columns: Matrix): Matrix {
  return new QrDecomposition(columns).orthogonalMatrix;
}

function oriented(vector: number[]): number[] {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
