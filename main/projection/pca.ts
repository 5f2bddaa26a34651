/**
 * @file Principal components of any number of rows: covariance by blocks of products for up to 1,024 columns, a block Lanczos
 * iteration with full orthogonalisation above (Golub and Van Loan, section 10.3).
 */
import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { MongeError } from '../../native-models/error';
import { stream } from '../../native-models';
import { floats, scalar } from '../compute/run-rows';
import type { Compute, Session } from '../contract/compute';
import type { RowMatrix } from '../contract/projection';
import { blockRows, squareProgram, twiceProgram } from './programs';
import { centringOf, type Centring } from './rows';
import { unitAxis, type LinearMap } from './linear-map';

/** Up to here the whole covariance is made: its d² products per row cost less than reading the rows many times. */
const LARGEST_COVARIANCE = 1024;
/** Up to here, or where most components are wanted, the covariance is solved at once. */
const DENSE = 128;
const OVERSAMPLING = 8;
/** Directions that the iteration collects, at least two blocks of them, before it starts again from the best it has found. */
const BASIS = 128;
/**
 * How often it starts, and what may be left of an eigenvector under the covariance, as a share of the largest eigenvalue:
 * products of 32-bit rows go no further, those of a covariance in double precision do.
 */
const ON_ROWS = { starts: 6, residual: 2e-6 };
const ON_COVARIANCE = { starts: 30, residual: 1e-10 };
/** Enough to look for neighbours in: the last of many components lie among equals, and no start would part them. */
const ROUGH = { starts: 3, residual: 1e-3 };

/** What tells that PCA should end between two blocks. */
export type ShouldStop = () => boolean;

/**
 * The `count` leading components of the rows: unit axes, largest loading positive, the variance along each with divisor
 * rows − 1. Where the rows leave directions undecided (equal rows, fewer rows than components) these are any orthonormal ones at variance 0.
 * `rough` ones span nearly the same space, each at most 1e-3 of the largest variance off, or as good as three starts give.
 * @returns null when stopped.
 * @throws `projection-components` unless 1 ≤ count ≤ columns, and what `centringOf` throws.
 */
export async function fitPca(
  compute: Compute,
  matrix: RowMatrix,
  count: number,
  shouldStop: ShouldStop = () => false,
  rough = false,
): Promise<LinearMap | null> {
  const { columns } = matrix;
  if (!Number.isInteger(count) || count < 1 || count > columns)
    throw new MongeError({
      code: 'projection-components',
      blame: 'input',
      what: 'there are not as many components as asked for',
      got: `${count} of ${columns} columns`,
    });
  const centring = centringOf(matrix);
  if (centring.totalVariance === 0)
    return map(centring, unitAxes(columns, count), new Float64Array(count), matrix);
  const solve = columns <= LARGEST_COVARIANCE ? byCovariance : onRows;
  const found = await solve(compute, matrix, centring, count, shouldStop, rough);
  return found && map(centring, found.vectors, found.values, matrix);
}

interface Eigenpairs {
  /** [count] largest first, of the scaled scatter matrix. */
  values: Float64Array;
  /** [count, columns] */
  vectors: Float64Array;
}

function map(
  { mean, scale, totalVariance }: Centring,
  vectors: Float64Array,
  values: Float64Array,
  { rows }: RowMatrix,
): LinearMap {
  const variances = values.map((value) => Math.max(0, value) / Math.max(1, rows - 1) / scale ** 2);
  return { kind: 'pca', mean, axes: vectors, variances, totalVariance, rows };
}

function unitAxes(columns: number, count: number): Float64Array {
  const axes = new Float64Array(count * columns);
  for (let k = 0; k < count; k++) axes.set(unitAxis(columns, k), k * columns);
  return axes;
}

async function byCovariance(
  compute: Compute,
  matrix: RowMatrix,
  centring: Centring,
  count: number,
  shouldStop: ShouldStop,
  rough: boolean,
) {
  const { rows, columns } = matrix;
  const session = await compute.open(squareProgram(columns), { device: 'cpu', label: 'covariance' });
  try {
    const sum = await sumOverBlocks(session, matrix, centring, {}, columns * columns, shouldStop);
    if (!sum) return null;
    const shift = roundingOf(centring);
    for (let i = 0; i < columns; i++)
      for (let j = 0; j <= i; j++) {
        // Both halves are averaged: an asymmetry of 1e-15 would already lead to another solver.
        const value = (sum[i * columns + j]! + sum[j * columns + i]!) / 2 - rows * shift[i]! * shift[j]!;
        sum[i * columns + j] = sum[j * columns + i] = value;
      }
    const width = count + OVERSAMPLING;
    if (columns <= Math.max(DENSE, 2 * width)) return denseEigenpairs(sum, columns, count);
    const covariance = Matrix.from1DArray(columns, columns, sum);
    return await lanczos(
      async (block) => covariance.mmul(block),
      columns,
      count,
      width,
      rough ? ROUGH : ON_COVARIANCE,
    );
  } finally {
    await session.close();
  }
}

async function onRows(
  compute: Compute,
  matrix: RowMatrix,
  centring: Centring,
  count: number,
  shouldStop: ShouldStop,
  rough: boolean,
) {
  const { rows, columns } = matrix;
  const width = Math.min(columns, count + OVERSAMPLING);
  const session = await compute.open(twiceProgram(columns, width), { device: 'cpu', label: 'components' });
  const shift = Matrix.columnVector([...roundingOf(centring)]);
  try {
    const apply = async (block: Matrix): Promise<Matrix | null> => {
      const directions = floats(Float32Array.from(block.to1DArray()), [columns, width]);
      const sum = await sumOverBlocks(session, matrix, centring, { directions }, columns * width, shouldStop);
      const lost = shift.mmul(shift.transpose().mmul(block)).mul(rows);
      return sum && Matrix.from1DArray(columns, width, sum).sub(lost);
    };
    return await lanczos(apply, columns, count, width, rough ? ROUGH : ON_ROWS);
  } finally {
    await session.close();
  }
}

function denseEigenpairs(matrix: Float64Array, size: number, count: number): Eigenpairs {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(size, size, matrix),
    {
      assumeSymmetric: true,
    },
  );
  const vectors = new Float64Array(count * size);
  // They come smallest first.
  for (let k = 0; k < count; k++) vectors.set(oriented(eigenvectorMatrix.getColumn(size - 1 - k)), k * size);
  return { values: Float64Array.from(realEigenvalues).reverse().slice(0, count), vectors };
}

/** The leading eigenpairs of the symmetric operator `apply`, which takes blocks [size, width]; null when it gives null. */
async function lanczos(
  apply: (block: Matrix) => Promise<Matrix | null>,
  size: number,
  count: number,
  width: number,
  limits: { starts: number; residual: number },
): Promise<Eigenpairs | null> {
  const start = stream(0, 'projection.lanczos').normal(new Float32Array(size * width));
  let block = orthonormal(Matrix.from1DArray(size, width, start));
  const blocks = Math.max(2, Math.min(Math.floor(BASIS / width), Math.floor(size / width)));
  for (let turn = 1; ; turn++) {
    const basis: Matrix[] = [];
    const images: Matrix[] = [];
    for (let k = 0; k < blocks; k++) {
      if (k > 0) block = nextBlock(images[k - 1]!, basis);
      const image = await apply(block);
      if (!image) return null;
      basis.push(block);
      images.push(image);
    }
    const { values, vectors, residual } = rayleighRitz(joined(basis), joined(images), width);
    if (turn < limits.starts && residual(count) > limits.residual) {
      block = orthonormal(vectors);
      continue;
    }
    const found = new Float64Array(count * size);
    for (let k = 0; k < count; k++) found.set(oriented(vectors.getColumn(k)), k * size);
    return { values: Float64Array.from(values.slice(0, count)), vectors: found };
  }
}

function rayleighRitz(basis: Matrix, images: Matrix, width: number) {
  const small = basis.transpose().mmul(images);
  small.add(small.transpose()).mul(0.5);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(small, {
    assumeSymmetric: true,
  });
  const size = realEigenvalues.length;
  // They come smallest first.
  const turned = new Matrix(size, width);
  for (let k = 0; k < width; k++) turned.setColumn(k, eigenvectorMatrix.getColumn(size - 1 - k));
  const values = Array.from({ length: width }, (_, k) => realEigenvalues[size - 1 - k]!);
  const [vectors, moved] = [basis.mmul(turned), images.mmul(turned)];
  const residual = (count: number) => {
    let worst = 0;
    for (let k = 0; k < count; k++) {
      const left = Matrix.sub(moved.getColumnVector(k), Matrix.mul(vectors.getColumnVector(k), values[k]!));
      worst = Math.max(worst, left.norm('frobenius') / values[0]!);
    }
    return worst;
  };
  return { values, vectors, residual };
}

/** Orthonormal, and orthogonal to all before; twice is enough (Kahan and Parlett). */
function nextBlock(image: Matrix, basis: readonly Matrix[]): Matrix {
  let block = image;
  for (let time = 0; time < 2; time++) {
    for (const before of basis) block = Matrix.sub(block, before.mmul(before.transpose().mmul(block)));
    block = orthonormal(block);
  }
  return block;
}

const orthonormal = (block: Matrix): Matrix => new QrDecomposition(block).orthogonalMatrix;

function joined(blocks: readonly Matrix[]): Matrix {
  const [{ rows, columns }] = blocks as [Matrix];
  const whole = new Matrix(rows, columns * blocks.length);
  blocks.forEach((block, k) => whole.setSubMatrix(block, 0, k * columns));
  return whole;
}

function oriented(vector: number[]): number[] {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

/** [columns] what the mean loses as 32-bit numbers, scaled. */
function roundingOf({ mean, scale }: Pick<Centring, 'mean' | 'scale'>): Float64Array {
  return mean.map((value) => (value - Math.fround(value)) * scale);
}

/** Σ over blocks of the program's product, in double precision; null when stopped. */
async function sumOverBlocks(
  session: Session,
  { data, rows, columns }: RowMatrix,
  { mean, scale }: Centring,
  further: Readonly<Record<string, ReturnType<typeof floats>>>,
  size: number,
  shouldStop: ShouldStop,
): Promise<Float64Array | null> {
  const sum = new Float64Array(size);
  const fixed = { ...further, mean: floats(Float32Array.from(mean)), scale: scalar(scale) };
  const block = blockRows(columns);
  for (let first = 0; first < rows; first += block) {
    if (shouldStop()) return null;
    const count = Math.min(block, rows - first);
    const x = floats(data.subarray(first * columns, (first + count) * columns), [count, columns]);
    const { product } = await session.run({ ...fixed, x });
    const values = product!.data as Float32Array;
    for (let at = 0; at < size; at++) sum[at]! += values[at]!;
  }
  return sum;
}
