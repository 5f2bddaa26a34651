/** @file The inputs of a run as the method needs them: checked, in model units, with held-out rows set apart. */
import { stream } from '../../../../native-models';
import { MongeError, type ErrorDetail } from '../../../../native-models/error';
import type { Matrix } from '../../../contract/data';
import type { FlowsConfig } from '../config';
import type { PairData } from '../coupling/coupling';
import type { Inputs } from '../inputs';
import { labelsMissing } from '../network';
import { problemOf, type Problem, type ProblemConfig } from '../problems';
import { dataSource, noiseSource } from './source';
import { fitStandardisation, standardise, unstandardise } from './standardise';

/** Fewer rows cannot be split into a part to learn and a part to compare with. */
const FEWEST_ROWS = 8;

export type PreparedInputs = Awaited<ReturnType<typeof prepareInputs>>;

/**
 * Reads both data sets, or makes the benchmark that the settings name. Throws `input-missing`, `too-few-rows`,
 * `no-features`, `source-columns-differ`, `data-not-finite` and `problem-with-data`.
 */
export async function prepareInputs(inputs: Inputs, config: ProblemConfig) {
  const problem = problemOf(config);
  const { matrix, rowIndex, skipped, start, labels } = problem
    ? ofProblem(problem, inputs)
    : await ofData(inputs);
  const dimension = matrix.columns;
  const standardisation = fitStandardisation(start ? [matrix, start] : [matrix]);
  const map = problem?.map;
  return {
    dimension,
    /** The data as it is, in data units. */
    matrix,
    /** Rows of the data set behind the rows of `matrix`. */
    rowIndex,
    /** Rows left out because a value is missing. */
    skipped,
    standardisation,
    /** The data in model units. */
    target: standardise(matrix.data, standardisation),
    source:
      start && !problem
        ? dataSource(standardise(start.data, standardisation), dimension)
        : noiseSource(dimension, problem && standardisation),
    /** The optimal map from source to data, in data units, where the problem has a known one. */
    trueMap: map,
    /** The same in the model's units. */
    knownMap:
      map &&
      ((points: Float32Array) => standardise(map(unstandardise(points, standardisation)), standardisation)),
    /** The shape of the rows, where they are images. */
    image: matrix.image,
    /** Class code by row of `matrix`, −1 where it is missing; null without labels. */
    labels: labels && Int32Array.from(rowIndex, (row) => labels.codes[row]!),
    /** The classes in the data's words, by code. */
    labelNames: labels?.names ?? [],
    /** Number of classes, 0 without labels. */
    classes: labels?.names.length ?? 0,
  };
}

/** The rows of the data set, and those of the source where they are given. */
async function ofData({ data, source }: Inputs) {
  if (!data)
    throw unfit('data', {
      code: 'input-missing',
      blame: 'input',
      what: 'a flow needs data to flow to',
      expected: 'a data set with numeric columns or images',
    });
  const read = await data.features();
  checkMatrix(read.matrix, 'data');
  const start = source && (await source.features()).matrix;
  if (start) {
    checkMatrix(start, 'source');
    checkColumns(read.matrix, start);
  }
  return { ...read, start, labels: await data.labels() };
}

/** Source and data of a benchmark are known: N(0, I) and T₀ of it. */
function ofProblem({ matrix }: Problem, inputs: Inputs) {
  const given = inputs.data ? 'data' : inputs.source && 'source';
  if (given)
    throw new MongeError({
      code: 'problem-with-data',
      blame: 'input',
      what: 'a benchmark makes its own source and data',
      where: { key: given },
      expected: 'no data set with a problem',
      help: 'choose problem=data to use the data set',
    });
  checkMatrix(matrix, 'problem');
  const rowIndex = Uint32Array.from({ length: matrix.rows }, (_, row) => row);
  return { matrix, rowIndex, skipped: 0, start: standardNormal(matrix.columns), labels: null };
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
  const points = { target, source, image, knownMap };
  if (condition === 'none') return { ...points, training, classes: 0, unlabelled: 0 };
  if (!labels) throw labelsMissing();
  const labelled = training.filter((row) => labels[row]! >= 0);
  const unlabelled = training.length - labelled.length;
  if (labelled.length >= FEWEST_ROWS) return { ...points, training: labelled, labels, classes, unlabelled };
  throw new MongeError({
    code: 'too-few-labels',
    blame: 'input',
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
      blame: 'input',
      what: 'the data set has no feature columns',
      help: 'give at least one numeric column the role "feature"',
    });
  if (rows < FEWEST_ROWS)
    throw unfit(input, {
      code: 'too-few-rows',
      blame: 'input',
      what: 'too few complete rows to learn from',
      got: `${rows} rows`,
      expected: `at least ${FEWEST_ROWS}`,
    });
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at !== -1)
    throw unfit(input, {
      code: 'data-not-finite',
      blame: 'input',
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
    blame: 'input',
    what: 'source and data must have the same number of values per row',
    got: `${source.columns} in the source, ${data.columns} in the data`,
    help: 'give the columns that are only in one of them the role "ignore"',
  });
}

/** An error at an input. */
function unfit(key: string, { where, ...detail }: ErrorDetail): MongeError {
  return new MongeError({ ...detail, where: { key, ...where } });
}
