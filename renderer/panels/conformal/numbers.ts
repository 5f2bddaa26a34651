/** @file The final numbers of a run of Conformal sets in a researcher's words, each with what to read it against. */
import type { RunRecord } from '../../../main/rpc/contract';
import type { NumberRow } from '../../app/numbers';
import { number as formatNumber } from '../../state/format';
import { scoreTitle } from './titles';

/** The lines there are values for, score by score: coverage first, then size, then how even coverage is. */
export function numbers({ metrics }: RunRecord): NumberRow[] {
  const rows: NumberRow[] = [];
  const add = (key: string, row: Omit<NumberRow, 'value'>): void => {
    const value = metrics[key];
    if (value !== undefined) rows.push({ ...row, value });
  };
  const scores = Object.keys(metrics)
    .filter((key) => key.startsWith('coverage.') && `inBand.${key.slice(9)}` in metrics)
    .map((key) => key.slice('coverage.'.length));
  const [low, high] = [metrics['coverage.bandLow'], metrics['coverage.bandHigh']];
  const band =
    low === undefined || high === undefined ? undefined : `band ${formatNumber(low)}–${formatNumber(high)}`;
  for (const id of scores)
    add(`coverage.${id}`, {
      label: `coverage, ${scoreTitle(id)}`,
      reference: band,
      help: 'Share of the test rows whose truth is inside their set, mean over the splits. One split lies in the band with probability 99.9 % where the guarantee is exact.',
    });
  for (const id of scores)
    add(`logVolume.${id}`, {
      label: `log volume, ${scoreTitle(id)}`,
      reference: 'less is smaller',
      help: 'Mean natural logarithm of the volume of the sets of test rows, in standardised units of the targets; mean over the splits.',
    });
  for (const id of scores)
    add(`meanSize.${id}`, {
      label: `classes per set, ${scoreTitle(id)}`,
      reference: '1 = certain',
      help: 'Mean number of classes in the sets of the test rows.',
    });
  for (const id of scores)
    add(`classCoverage.${id}`, {
      label: `least class coverage, ${scoreTitle(id)}`,
      help: 'Coverage of the class that is covered least.',
    });
  for (const id of scores)
    add(`ert.${id}`, {
      label: `excess risk, ${scoreTitle(id)}`,
      reference: '0 = even',
      help: 'What can be won by betting on where sets miss: an estimate of the mean distance of coverage at a row from the level asked for.',
    });
  for (const id of scores)
    add(`worstSlab.${id}`, {
      label: `worst slab, ${scoreTitle(id)}`,
      help: 'Coverage in the slab of the features where it is least, on rows that did not choose the slab. Low by chance too: the Conditional tab shows by how much.',
    });
  add('accuracy', {
    label: 'accuracy',
    help: 'Share of the test rows whose most likely class is the right one.',
  });
  add('radius.otcp', {
    label: 'OTCP radius',
    reference: 'calibrated',
    help: 'Rank that the calibration rows stay below as often as asked. It is calibrated, not 1 − α.',
  });
  add('leak.otcp', {
    label: 'OTCP leak',
    reference: '0 = bounded',
    help: 'Share of directions that are still inside the set at 1.5 times the largest residual.',
  });
  add('calibrationRows', {
    label: 'calibration rows',
    help: 'Rows that the thresholds come from, per split.',
  });
  add('testRows', { label: 'test rows', help: 'Rows that everything is measured on, per split.' });
  add('repeats', { label: 'splits', help: 'Splits that are done.' });
  return rows;
}
