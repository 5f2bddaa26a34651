/** @file What every fitter answers, and the arithmetic that several of them share. */
import { MongeError } from '../../../native-models/error';
import type { RowMatrix } from '../../contract/projection';
import { areaUnderCurve } from '../../numerics/units';
import { sortedUnits, type Sides } from '../samples';

/** A map before its support and form: one number per unit. */
export interface UnitFit {
  w: Float64Array;
  beta: Float64Array;
  /** How well a unit tells the sides apart, for methods that steer only the best of all hooks; higher is better. */
  merit?: Float64Array;
  /** 0 where the method leaves a unit alone whatever its merit; left out where it never does. */
  units?: Uint8Array;
  /** Units whose source has no spread: a slope means nothing there, so they are shifted only. */
  flat: number;
}

export interface FitterOptions {
  seed: number;
  /** Units that belong together, such as those of an attention head; null where a method has no use for them. */
  groupWidth: number | null;
}

/** Fits one hook. Sides are checked and balanced by `fitHook`; a fitter may rely on that. */
export type Fitter = (sides: Sides, options: FitterOptions) => UnitFit;

/** A map that only shifts. */
export function shiftedBy(beta: Float64Array): UnitFit {
  return { w: new Float64Array(beta.length).fill(1), beta, flat: 0 };
}

/** [units] mean of each unit, summed in double precision. */
export function meansOf({ data, rows, columns }: RowMatrix): Float64Array {
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at++) means[at % columns]! += data[at]!;
  return means.map((sum) => sum / rows);
}

/** Mean of the target less that of the source. */
export function differenceOfMeans({ source, target }: Sides): Float64Array {
  const from = meansOf(source);
  return meansOf(target).map((mean, unit) => mean - from[unit]!);
}

/** One unit of both sides, ascending. */
export function sortedUnit({ source, target }: Sides, unit: number) {
  return { a: sortedUnits(source)[unit]!, b: sortedUnits(target)[unit]! };
}

/** Mean and Σ(x − mean)², in double precision around the mean. */
export function spreadOf(values: ArrayLike<number>): { mean: number; squares: number } {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let k = 0; k < values.length; k++) squares += (values[k]! - mean) ** 2;
  return { mean, squares };
}

/**
 * Whether the spread of ascending values is no more than the rounding of 32-bit numbers of their size: the noise that other code
 * adds against division by zero is replaced by a shift in such units.
 */
export function isFlat(sorted: ArrayLike<number>, squares: number): boolean {
  const largest = Math.max(Math.abs(sorted[0]!), Math.abs(sorted[sorted.length - 1]!));
  return squares <= sorted.length * (largest * 2 ** -23) ** 2;
}

/** [units] probability that a value of `high` is above one of `low`. */
export function unitAurocs(high: RowMatrix, low: RowMatrix): Float64Array {
  return Float64Array.from({ length: high.columns }, (_, unit) => {
    const { a, b } = sortedUnit({ source: low, target: high }, unit);
    return areaUnderCurve(b, a);
  });
}

/** @throws `steering-pair` where a method made from one pair of texts gets other counts */
export function checkPair(method: string, { source, target }: Sides): void {
  if (source.rows === 1 && target.rows === 1) return;
  throw new MongeError({
    code: 'steering-pair',
    blame: 'input',
    what: `${method} is made from one pair of texts`,
    got: `${source.rows} and ${target.rows} texts`,
    expected: 'one on each side',
    help: 'for many texts use caa, the difference of their means',
  });
}
