/** @file The sets of every test row as a table. */
import { quoted } from '../export/csv';
import { radiusFor } from '../../../calibration/quantile';
import { likeliest } from './classifier';
import type { ClassSplit } from './stored';
import { membersOf } from './sets';

/** Per test row: the row of the data set, the most likely class, the true one, and for every score the set. */
export function classMembershipCsv(split: ClassSplit, names: readonly string[], alpha: number): string {
  const { scores, truth, classes, probabilities, index } = split;
  const guesses = likeliest(probabilities, classes);
  const radii = [...scores].map(([, { calibration }]) => radiusFor(calibration, alpha));
  const lines = [['row', 'predicted', 'class', ...[...scores.keys()].map((id) => `${id} set`)].join(',')];
  for (let row = 0; row < truth.length; row++) {
    const sets = [...scores.values()].map(({ test }, k) => {
      const members = membersOf(test.subarray(row * classes, (row + 1) * classes), radii[k]!);
      return names.filter((_, y) => members[y]).join(' | ');
    });
    const cells = [String(index[row]! + 1), names[guesses[row]!]!, names[truth[row]!]!, ...sets];
    lines.push(cells.map(quoted).join(','));
  }
  return `${lines.join('\n')}\n`;
}
