/** @file The two sides that a map is fitted on: rows of pooled activations, checked, and brought to equal counts. */
import { MongeError } from '../../native-models/error';
import { stream } from '../../native-models';
import type { RowMatrix } from '../contract/projection';
import { gatherRows } from '../numerics/gather';
import { transposed } from '../numerics/points';

/** What the model does now, and what it should do: [rows, units] each, unpaired. */
export interface Sides {
  source: RowMatrix;
  target: RowMatrix;
}

const sorted = new WeakMap<RowMatrix, readonly Float32Array[]>();

/** [units] each unit's values, ascending; sorted once however often a side is looked at, so they must not be changed. */
export function sortedUnits(side: RowMatrix): readonly Float32Array[] {
  const { data, rows, columns } = side;
  const known = sorted.get(side);
  if (known) return known;
  const turned = transposed(data, columns);
  const made = Array.from({ length: columns }, (_, unit) =>
    turned.subarray(unit * rows, (unit + 1) * rows).sort(),
  );
  sorted.set(side, made);
  return made;
}

/** Fewer texts on a side than this fit maps that are mostly chance. */
export const FEW_TEXTS = 64;

/** Standard deviations of w and of β (in deviations of the unit) that a Linear-AcT fit has by chance where both sides are the same. */
export function fitNoise(texts: number): { w: number; beta: number } {
  return { w: Math.sqrt(1 / texts), beta: Math.sqrt(2 / texts) };
}

/**
 * @throws `steering-samples` where a side has no rows, sizes do not fit the values, the sides differ in width, or a value is not
 *   finite, naming side, row and unit
 */
export function checkSides({ source, target }: Sides): void {
  for (const [side, { data, rows, columns }] of [
    ['source', source],
    ['target', target],
  ] as const) {
    if (rows < 1 || data.length !== rows * columns)
      throw samplesError(side, `${data.length} values`, `at least one row of ${columns}; here ${rows} rows`);
    const bad = firstNotFinite(data);
    if (bad >= 0)
      throw samplesError(
        `${side}, text ${Math.floor(bad / columns) + 1}, unit ${bad % columns}`,
        String(data[bad]),
        'a finite number',
      );
  }
  if (source.columns !== target.columns)
    throw samplesError('target', `${target.columns} units`, `${source.columns}, as the source has`);
}

/** −1 where all are numbers. A callback a value would cost more than the fit of many tokens. */
function firstNotFinite(data: Float32Array): number {
  // Differs from 0 where a value is infinite or NaN.
  for (let at = 0; at < data.length; at++) if (data[at]! - data[at]! !== 0) return at;
  return -1;
}

export interface BalancedSides extends Sides {
  /** Rows left out of the larger side. */
  dropped: { source: number; target: number };
}

/** Both sides with as many rows as the smaller one has: a seeded choice of the larger, in its own order. */
export function balanced({ source, target }: Sides, seed: number): BalancedSides {
  const count = Math.min(source.rows, target.rows);
  return {
    source: subsampled(source, count, seed, 'steering source'),
    target: subsampled(target, count, seed, 'steering target'),
    dropped: { source: source.rows - count, target: target.rows - count },
  };
}

function subsampled(side: RowMatrix, count: number, seed: number, label: string): RowMatrix {
  // A new object: what was sorted for one fit is not taken for the next, whose values may lie in the same memory.
  if (side.rows === count) return { ...side };
  const kept = stream(seed, label).permutation(side.rows).subarray(0, count).sort();
  return { data: gatherRows(side.data, side.columns, kept), rows: count, columns: side.columns };
}

function samplesError(key: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'steering-samples',
    blame: 'input',
    what: 'a map cannot be fitted on these activations',
    where: { key },
    got,
    expected,
  });
}
