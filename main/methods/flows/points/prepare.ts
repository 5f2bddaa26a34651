/** @file The inputs of a run as the method needs them: checked, in model units, with held-out rows set apart. */
import { stream } from '../../../../native-models';
import { MongeError, type ErrorDetail } from '../../../../native-models/error';
import type { ImageShape, Matrix } from '../../../contract/data';
import type { FlowsConfig } from '../config';
import type { PairData } from '../coupling/coupling';
import type { Inputs } from '../inputs';
import { labelsMissing } from '../network';
import { problemOf, type PointMap, type Problem, type ProblemConfig } from '../problems';
import { dataSource, noiseSource, type Source } from './source';
import { fitStandardisation, standardise, unstandardise, type Standardisation } from './standardise';

/** Fewer rows cannot be split into a part to learn and a part to compare with. */
const FEWEST_ROWS = 8;

export interface PreparedInputs {
  dimension: number;
  /** The data as it is, in data units. */
  matrix: Matrix;
  /** Rows of the data set behind the rows of `matrix`. */
  rowIndex: Uint32Array;
  /** Rows left out because a value is missing. */
  skipped: number;
  standardisation: Standardisation;
  /** The data in model units. */
  target: Float32Array;
  source: Source;
  /** The optimal map from source to data, in data units, where the problem has a known one. */
  trueMap?: PointMap;
  /** The same in the model's units. */
  knownMap?: PointMap;
  /** The shape of the rows, where they are images. */
  image: ImageShape | undefined;
  /** Class code by row of `matrix`, −1 where it is missing; null without labels. */
  labels: Int32Array | null;
  /** The classes in the data's words, by code. */
  labelNames: string[];
  /** Number of classes, 0 without labels. */
  classes: number;
}

/** Reads both data sets, or makes the benchmark that the settings name. Throws `input-missing`, `too-few-rows`, `no-features`, `source-columns-differ` and `data-not-finite`. */
export async function prepareInputs(inputs: Inputs, config: ProblemConfig): Promise<PreparedInputs> {
  const problem = problemOf(config);
  if (problem) return prepareProblem(problem, inputs);
  if (!inputs.data)
    throw unfit('data', {
      code: 'input-missing',
      what: 'a flow needs data to flow to',
      expected: 'a data set with numeric columns or images',
    });
  const { matrix, rowIndex, skipped } = await inputs.data.features();
  checkMatrix(matrix, 'data');
  const source = inputs.source ? (await inputs.source.features()).matrix : null;
  if (source) {
    checkMatrix(source, 'source');
    checkColumns(matrix, source);
  }
  const standardisation = fitStandardisation(source ? [matrix, source] : [matrix]);
  const dimension = matrix.columns;
  const labels = await inputs.data.labels();
  return {
    dimension,
    matrix,
    rowIndex,
    skipped,
    standardisation,
    target: standardise(matrix.data, standardisation),
    source: source
      ? dataSource(standardise(source.data, standardisation), dimension)
      : noiseSource(dimension),
    image: matrix.image,
    labels: labels && Int32Array.from(rowIndex, (row) => labels.codes[row]!),
    labelNames: labels?.names ?? [],
    classes: labels?.names.length ?? 0,
  };
}

/** Source and data of a benchmark are known: N(0, I) and T₀ of it. Throws `problem-with-data`. */
function prepareProblem({ matrix, map }: Problem, inputs: Inputs): PreparedInputs {
  const given = inputs.data ? 'data' : inputs.source && 'source';
  if (given)
    throw new MongeError({
      code: 'problem-with-data',
      what: 'a benchmark makes its own source and data',
      where: { key: given },
      expected: 'no data set with a problem',
      help: 'choose problem=data to use the data set',
    });
  checkMatrix(matrix, 'problem');
  const standardisation = fitStandardisation([matrix, standardNormal(matrix.columns)]);
  return {
    dimension: matrix.columns,
    matrix,
    rowIndex: Uint32Array.from({ length: matrix.rows }, (_, row) => row),
    skipped: 0,
    standardisation,
    target: standardise(matrix.data, standardisation),
    source: noiseSource(matrix.columns, standardisation),
    trueMap: map,
    knownMap: (points) => standardise(map(unstandardise(points, standardisation)), standardisation),
    image: undefined,
    labels: null,
    labelNames: [],
    classes: 0,
  };
}

/** Two points with mean 0 and deviation 1 per column: all that the standardisation asks of N(0, I). */
function standardNormal(columns: number): Matrix {
  const data = Float32Array.from({ length: 2 * columns }, (_, k) => (k < columns ? 1 : -1));
  return { rows: 2, columns, data, names: [] };
}

export type RowsApart = ReturnType<typeof setRowsAside>;

/** Rows to train on and rows only to compare with; both never empty, the same for the same seed. */
export function setRowsAside(rows: number, heldOut: number, seed: number) {
  const order = stream(seed, 'flows.split').permutation(rows);
  const aside = Math.min(rows - 1, Math.max(1, Math.round(rows * heldOut)));
  return { heldOut: order.slice(0, aside).sort(), training: order.slice(aside).sort() };
}

/**
 * What pairs are made of, and how many training rows are left out because they have no label. Throws `labels-missing` and
 * `too-few-labels` where the flow is conditioned on labels.
 */
export function pairData(
  { target, source, labels, classes, image, knownMap }: PreparedInputs,
  training: Int32Array,
  { condition }: Pick<FlowsConfig, 'condition'>,
): PairData & { unlabelled: number } {
  const points = { target, source, ...(image ? { image } : {}), ...(knownMap ? { knownMap } : {}) };
  if (condition === 'none') return { ...points, training, classes: 0, unlabelled: 0 };
  if (!labels) throw labelsMissing();
  const labelled = training.filter((row) => labels[row]! >= 0);
  const unlabelled = training.length - labelled.length;
  if (labelled.length >= FEWEST_ROWS) return { ...points, training: labelled, labels, classes, unlabelled };
  throw new MongeError({
    code: 'too-few-labels',
    what: 'too few training rows have a label',
    where: { key: 'condition' },
    got: `${labelled.length} of ${training.length} rows`,
    expected: `at least ${FEWEST_ROWS}`,
  });
}

function checkMatrix({ rows, columns, data, names }: Matrix, input: string): void {
  if (columns === 0)
    throw unfit(input, {
      code: 'no-features',
      what: 'the data set has no feature columns',
      help: 'give at least one numeric column the role "feature"',
    });
  if (rows < FEWEST_ROWS)
    throw unfit(input, {
      code: 'too-few-rows',
      what: 'too few complete rows to learn from',
      got: `${rows} rows`,
      expected: `at least ${FEWEST_ROWS}`,
    });
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at !== -1)
    throw unfit(input, {
      code: 'data-not-finite',
      what: 'a value is not a finite number',
      where: { row: Math.floor(at / columns) + 1, column: names[at % columns] ?? (at % columns) + 1 },
      got: String(data[at]),
      help: 'remove the row, or give the column the role "ignore"',
    });
}

function checkColumns(data: Matrix, source: Matrix): void {
  if (data.columns === source.columns) return;
  throw unfit('source', {
    code: 'source-columns-differ',
    what: 'source and data must have the same number of values per row',
    got: `${source.columns} in the source, ${data.columns} in the data`,
    help: 'give the columns that are only in one of them the role "ignore"',
  });
}

/** The error of an input that cannot be used. */
function unfit(key: string, { where, ...detail }: ErrorDetail): MongeError {
  return new MongeError({ ...detail, blame: 'input', where: { key, ...where } });
}
