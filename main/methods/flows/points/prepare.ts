/** @file The inputs of a run as the method needs them: checked, in model units, with held-out rows set apart. */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Matrix } from '../../../data/types';
import type { Inputs } from '../../define';
import { makeProblem, type PointMap, type Problem, type ProblemConfig } from '../problems/problem';
import { dataSource, noiseSource, type Source } from './source';
import { fitStandardisation, standardise, unstandardise, type Standardisation } from './standardise';
import { unitNoise } from './unit-noise';

/** Fewer rows cannot be split into a part to learn and a part to compare with. */
export const FEWEST_ROWS = 8;

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
}

/**
 * Reads both data sets, or makes the problem of the settings, which takes the place of a data set. Throws
 * `input-missing`, `too-few-rows`, `no-features`, `source-columns-differ`, `data-not-finite` and `problem-has-source`.
 */
export async function prepareInputs(inputs: Inputs, config: ProblemConfig): Promise<PreparedInputs> {
  const problem = makeProblem(config);
  if (problem) return prepareProblem(problem, inputs);
  if (!inputs.data)
    throw new MongeError({
      code: 'input-missing',
      what: 'a flow needs data to flow to',
      where: { key: 'data' },
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
  };
}

/** Noise is N(0, I) in data units and the data standardised: both maps between the units are affine per column. */
function prepareProblem({ matrix, map }: Problem, inputs: Inputs): PreparedInputs {
  if (inputs.source)
    throw new MongeError({
      code: 'problem-has-source',
      what: 'a problem with a known map starts from noise, not from a data set',
      where: { key: 'source' },
      help: 'leave the source out, or set problem to data',
    });
  const standardisation = fitStandardisation([matrix]);
  return {
    dimension: matrix.columns,
    matrix,
    rowIndex: Uint32Array.from({ length: matrix.rows }, (_, row) => row),
    skipped: 0,
    standardisation,
    target: standardise(matrix.data, standardisation),
    source: unitNoise(standardisation),
    trueMap: map,
    knownMap: (points) => standardise(map(unstandardise(points, standardisation)), standardisation),
  };
}

/** Rows to train on and rows only to compare with; both never empty, the same for the same seed. */
export function splitRows(
  rows: number,
  heldOut: number,
  seed: number,
): { training: Int32Array; heldOut: Int32Array } {
  const order = stream(seed, 'flows.split').permutation(rows);
  const aside = Math.min(rows - 1, Math.max(1, Math.round(rows * heldOut)));
  return { heldOut: order.slice(0, aside).sort(), training: order.slice(aside).sort() };
}

function checkMatrix({ rows, columns, data, names }: Matrix, input: string): void {
  if (columns === 0)
    throw new MongeError({
      code: 'no-features',
      what: 'the data set has no feature columns',
      where: { key: input },
      help: 'give at least one numeric column the role "feature"',
    });
  if (rows < FEWEST_ROWS)
    throw new MongeError({
      code: 'too-few-rows',
      what: 'too few complete rows to learn from',
      where: { key: input },
      got: `${rows} rows`,
      expected: `at least ${FEWEST_ROWS}`,
    });
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at !== -1)
    throw new MongeError({
      code: 'data-not-finite',
      what: 'a value is not a finite number',
      where: {
        key: input,
        row: Math.floor(at / columns) + 1,
        column: names[at % columns] ?? (at % columns) + 1,
      },
      got: String(data[at]),
      help: 'remove the row, or give the column the role "ignore"',
    });
}

function checkColumns(data: Matrix, source: Matrix): void {
  if (data.columns === source.columns) return;
  throw new MongeError({
    code: 'source-columns-differ',
    what: 'source and data must have the same number of values per row',
    where: { key: 'source' },
    got: `${source.columns} in the source, ${data.columns} in the data`,
    help: 'give the columns that are only in one of them the role "ignore"',
  });
}
