/** @file The sets of every test row as a table. */
import { radiusFor } from '../../../calibration/quantile';
import { csvText } from '../export/csv';
import { likeliest } from './classifier';
import { membersOf } from './sets';
import type { ClassSplit } from './stored';

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
