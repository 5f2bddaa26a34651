/** @file Scores over repeats: mean with its error, and differences paired by repeat. */
import { deviation, mean } from './statistics';

/** Mean and standard error over the repeats with finite values. Random splits of one table overlap, so the error is optimistic. */
export function summarise(values: ArrayLike<number>) {
  const finite = Array.from(values).filter(Number.isFinite);
  const spread = deviation(finite);
  return {
    /** NaN where no repeat has a value. */
    mean: finite.length === 0 ? NaN : mean(finite),
    /** Standard error of the mean; null below two values. */
    error: spread === null ? null : spread / Math.sqrt(finite.length),
    /** Repeats with a finite value. */
    count: finite.length,
  };
}

/** Compares two measures of the same repeats, such as the log-volumes of two scores: smaller on the left counts as a win of the left. */
export function comparePaired(left: ArrayLike<number>, right: ArrayLike<number>) {
  if (left.length !== right.length) throw new RangeError('paired values differ in number');
  const differences = Array.from(left, (value, index) => value - right[index]!).filter(Number.isFinite);
  const { mean: difference, error, count } = summarise(differences);
  return {
    /** Mean of left − right over the repeats in which both are finite. */
    difference,
    error,
    /** difference/error, Student's t with count − 1 degrees; null where all differences are the same or there is only one. */
    t: error === null || error === 0 ? null : difference / error,
    /** Repeats in which left is smaller, and in which it is larger. */
    smaller: differences.filter((value) => value < 0).length,
    larger: differences.filter((value) => value > 0).length,
    count,
  };
}
