/** @file Sets of classes: which classes of a row are in, what the sets of all rows amount to, and all of them as a table. */
import { radiusFor } from '../../../calibration/quantile';
import { csvText } from '../export/csv';
import { likeliest } from './classifier';
import type { ClassSplit } from '../run/stored';

/** Members of one row's set, from its scores. An infinite radius holds every class. */
export function membersOf(scores: Float64Array, radius: number): boolean[] {
  return Array.from(scores, (score) => score <= radius || radius === Infinity);
}

/** What the sets amount to at a radius, from scores [rows, classes] and the class of each row; at least one row. */
export function measureSets(
  { scores, truth, classes }: { scores: Float64Array; truth: ArrayLike<number>; classes: number },
  radius: number,
) {
  const rows = truth.length;
  const sizes = new Array<number>(classes + 1).fill(0);
  const [hits, counts] = [new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < rows; row++) {
    const members = membersOf(scores.subarray(row * classes, (row + 1) * classes), radius);
    const own = truth[row]!;
    counts[own]! += 1;
    if (members[own]) hits[own]! += 1;
    sizes[members.filter((member) => member).length]! += 1;
  }
  const coverageByClass = Array.from(hits, (hit, k) => hit / counts[k]!);
  return {
    coverage: hits.reduce((sum, hit) => sum + hit, 0) / rows,
    /** Mean number of classes in a set. */
    meanSize: sizes.reduce((sum, count, size) => sum + count * size, 0) / rows,
    /** Shares of the rows whose set has one class, none, and all. */
    singletons: sizes[1]! / rows,
    empty: sizes[0]! / rows,
    everything: sizes[classes]! / rows,
    /** By class, NaN where no row is of that class; and the least of them. */
    coverageByClass,
    classCoverage: Math.min(...coverageByClass.filter((share) => !Number.isNaN(share))),
    /** Rows whose set has 0, 1, … classes. */
    sizes,
  };
}

/** Per test row: the row of the data set, the most likely class, the true one, and for every score the set. */
export function classMembershipCsv(split: ClassSplit, names: readonly string[], alpha: number): string {
  const { scores, truth, classes, probabilities, index } = split;
  const guesses = likeliest(probabilities, classes);
  const sets = [...scores.values()].map(({ calibration, test }) => {
    const radius = radiusFor(calibration, alpha);
    return (row: number) => {
      const members = membersOf(test.subarray(row * classes, (row + 1) * classes), radius);
      return names.filter((_, y) => members[y]).join(' | ');
    };
  });
  const rows = Array.from(index, (datasetRow, row) => {
    const [guess, own] = [names[guesses[row]!]!, names[truth[row]!]!];
    return [datasetRow + 1, guess, own, ...sets.map((setOf) => setOf(row))];
  });
  return csvText([['row', 'predicted', 'class', ...[...scores.keys()].map((id) => `${id} set`)], ...rows]);
}
