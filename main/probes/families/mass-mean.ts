/** @file Mass-mean probes (Marks and Tegmark 2023): the difference of the class means, whitened on the task's own items. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { classMeans, middleBias, withinCovariance, type Family } from './family';

/** Eigenvalues of the covariance below this share of the largest count as none. */
const CUT = 1e-3;

/** θ = mean of the true ones less that of the false ones; on the task's own items Σ⁺θ, Σ the covariance within the classes. */
export const massMean: Family = (train, _validation, { inside = false } = {}) => {
  const means = classMeans(train);
  const weights = means[1].map((value, k) => value - means[0][k]!);
  const fit = { weights, bias: middleBias(weights, means), strength: NaN };
  if (!inside) return fit;
  const d = weights.length;
  const whitened = pseudoSolve(withinCovariance(train, means), d, weights);
  return { ...fit, inside: { weights: whitened, bias: middleBias(whitened, means) } };
};

/** Σ⁺·vector for a symmetric positive semidefinite Σ [size, size], with eigenvalues below `CUT` of the largest left out. */
function pseudoSolve(matrix: Float64Array, size: number, vector: Float64Array): Float64Array {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(size, size, matrix),
    { assumeSymmetric: true },
  );
  const least = CUT * realEigenvalues.reduce((most, value) => Math.max(most, value), 0);
  const column = Matrix.columnVector(vector);
  const along = eigenvectorMatrix.transpose().mmul(column).to1DArray();
  const scaled = along.map((value, k) => (realEigenvalues[k]! > least ? value / realEigenvalues[k]! : 0));
  return Float64Array.from(eigenvectorMatrix.mmul(Matrix.columnVector(scaled)).to1DArray());
}
