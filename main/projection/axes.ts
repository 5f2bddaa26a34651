/** @file Axes that are given and not fitted by variance: two units, the line between class means, a direction such as a probe's. */
import { MongeError } from '../../native-models/error';
import type { RowMatrix } from '../contract/projection';
import { unitAxis, type LinearMap } from './linear-map';

const given = (
  kind: LinearMap['kind'],
  mean: Float64Array,
  axes: readonly Float64Array[],
  rows: number,
): LinearMap => {
  const columns = mean.length;
  const whole = new Float64Array(axes.length * columns);
  axes.forEach((axis, k) => whole.set(axis, k * columns));
  return { kind, mean, axes: whole, variances: new Float64Array(axes.length), totalVariance: 0, rows };
};

/** The values of two units as they are. @throws `projection-unit` for one that is not there. */
export function unitsMap(columns: number, units: readonly [number, number]): LinearMap {
  for (const unit of units)
    if (!Number.isInteger(unit) || unit < 0 || unit >= columns)
      throw new MongeError({
        code: 'projection-unit',
        blame: 'input',
        what: 'there is no such unit',
        got: String(unit),
        expected: `0 to ${columns - 1}`,
      });
  return given(
    'units',
    new Float64Array(columns),
    units.map((unit) => unitAxis(columns, unit)),
    0,
  );
}

/**
 * First axis: from the mean of the rows of `from` (null: all rows of another class or none) to that of class `to`, 0 half-way
 * between. Second axis: what varies most across it, given as `across`, orthogonal to the first.
 * @throws `projection-class-empty` where a side has no rows, `projection-direction-zero` where the means are equal.
 */
export function classMeansMap(
  matrix: RowMatrix,
  classes: Int32Array,
  { to, from }: { to: number; from: number | null },
  across: Float64Array,
): LinearMap {
  const target = meanOf(matrix, classes, (code) => code === to, `class ${to}`);
  const rest = meanOf(
    matrix,
    classes,
    (code) => (from === null ? code !== to : code === from),
    from === null ? 'the other rows' : `class ${from}`,
  );
  const middle = target.mean.map((value, k) => (value + rest.mean[k]!) / 2);
  const axis = normalised(target.mean.map((value, k) => value - rest.mean[k]!));
  return given('class-means', middle, [axis, orthogonalTo(axis, across)], target.rows + rest.rows);
}

/**
 * First axis: the direction, of length 1, with the rows' mean at 0. Second axis: `across`, orthogonal to it.
 * @throws `projection-width`, `projection-direction-zero`.
 */
export function directionMap(
  mean: Float64Array,
  direction: ArrayLike<number>,
  across: Float64Array,
  rows: number,
): LinearMap {
  if (direction.length !== mean.length)
    throw new MongeError({
      code: 'projection-width',
      blame: 'input',
      what: 'a direction needs as many numbers as the rows have columns',
      got: `${direction.length}`,
      expected: `${mean.length}`,
    });
  const axis = normalised(Float64Array.from(direction));
  return given('direction', mean, [axis, orthogonalTo(axis, across)], rows);
}

function meanOf(
  { data, rows, columns }: RowMatrix,
  classes: Int32Array,
  wanted: (code: number) => boolean,
  name: string,
) {
  const chosen: number[] = [];
  for (let row = 0; row < rows; row++) if (wanted(classes[row]!)) chosen.push(row);
  if (chosen.length === 0)
    throw new MongeError({
      code: 'projection-class-empty',
      blame: 'input',
      what: 'a mean needs at least one row',
      where: { key: name },
      got: '0 rows',
    });
  const mean = new Float64Array(columns);
  for (const row of chosen)
    for (let k = 0; k < columns; k++) mean[k]! += data[row * columns + k]! / chosen.length;
  return { mean, rows: chosen.length };
}

function normalised(vector: Float64Array): Float64Array {
  // Scaled first: squares of very small or large numbers would vanish or overflow.
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0)) * largest;
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new MongeError({
      code: 'projection-direction-zero',
      blame: 'input',
      what: 'a direction has a length that is not 0',
      got: String(norm),
    });
  return vector.map((value) => value / norm);
}

/** `vector` without its part along the unit `axis`, of length 1; any unit direction orthogonal to it where nothing is left. */
function orthogonalTo(axis: Float64Array, vector: Float64Array): Float64Array {
  const candidates = [
    vector,
    ...Array.from({ length: Math.min(2, axis.length) }, (_, k) => unitAxis(axis.length, k)),
  ];
  for (const candidate of candidates) {
    const along = candidate.reduce((sum, value, k) => sum + value * axis[k]!, 0);
    const left = candidate.map((value, k) => value - along * axis[k]!);
    const norm = Math.sqrt(left.reduce((sum, value) => sum + value * value, 0));
    if (norm > 1e-6) return left.map((value) => value / norm);
  }
  return new Float64Array(axis.length);
}
