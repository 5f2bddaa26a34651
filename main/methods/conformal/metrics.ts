/** @file The final numbers and curves of Conformal sets in a researcher's words: coverage first, then size, then evenness. */
import type { MetricDeclaration, MetricDeclarations } from '../../contract/presentation';
import { titled } from '../../contract/schema';
import { SCORE_WORDS } from './scores/catalogue';

/** Titles of the scores as they stand inside a line: acronyms and names keep their capitals. */
const members: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SCORE_WORDS).map(([id, words]) => {
    const { title } = titled(words);
    const proper = /^(Bonferroni|[A-Z]+[A-Z0-9-])/.test(title);
    return [id, proper ? title : title.charAt(0).toLowerCase() + title.slice(1)];
  }),
);

/** A number that every score has. */
function byScore(title: string, words: Omit<MetricDeclaration, 'title' | 'members'>): MetricDeclaration {
  return { title: `${title}, *`, members, ...words };
}

/** A bound or a share that others are read against, or that files and comparisons only ask for. */
const aside = (title: string, help: string): MetricDeclaration => ({ title, help, listed: false });

export const metrics: MetricDeclarations = {
  'coverage.*': byScore('coverage', {
    reference: { word: 'band', metric: 'coverage.bandLow', to: 'coverage.bandHigh' },
    help: 'Share of the test rows whose truth is inside their set, mean over the splits. One split lies in the band with probability 99.9 % where the guarantee is exact.',
    headline: true,
  }),
  'coverage.expected': aside('expected coverage', 'What an exact guarantee gives on average.'),
  'coverage.bandLow': aside('coverage band, low', 'Lower end of the 99.9 % band of one split.'),
  'coverage.bandHigh': aside('coverage band, high', 'Upper end of the 99.9 % band of one split.'),
  'coverage.meanBandLow': aside(
    'coverage band of the mean, low',
    'Lower end of the 99.9 % band of the mean.',
  ),
  'coverage.meanBandHigh': aside(
    'coverage band of the mean, high',
    'Upper end of the 99.9 % band of the mean.',
  ),
  'inBand.*': byScore('in band', {
    help: 'Share of the splits whose coverage lies in the 99.9 % band.',
    better: 'higher',
    listed: false,
  }),
  'logVolume.*': byScore('log volume', {
    reference: 'less is smaller',
    help: 'Mean natural logarithm of the volume of the sets of test rows, in standardised units of the targets; mean over the splits.',
    better: 'lower',
  }),
  'meanSize.*': byScore('classes per set', {
    reference: '1 = certain',
    help: 'Mean number of classes in the sets of the test rows.',
    better: 'lower',
  }),
  'classCoverage.*': byScore('least class coverage', {
    help: 'Coverage of the class that is covered least.',
    better: 'higher',
  }),
  'ert.*': byScore('excess risk', {
    reference: '0 = even',
    help: 'What can be won by betting on where sets miss: an estimate of the mean distance of coverage at a row from the level asked for.',
    better: 'lower',
  }),
  'worstSlab.*': byScore('worst slab', {
    help: 'Coverage in the slab of the features where it is least, on rows that did not choose the slab. Low by chance too: the Conditional tab shows by how much.',
    better: 'higher',
  }),
  'cecX.*': byScore('CEC-X', {
    help: 'Mean squared distance of coverage in clusters of the features from the level asked for, times 100.',
    better: 'lower',
    listed: false,
  }),
  accuracy: {
    title: 'accuracy',
    help: 'Share of the test rows whose most likely class is the right one.',
    better: 'higher',
  },
  'radius.otcp': {
    title: 'OTCP radius',
    reference: 'calibrated',
    help: 'Rank that the calibration rows stay below as often as asked. It is calibrated, not 1 − α.',
  },
  'radius.*': byScore('radius', { help: 'The calibrated threshold of the score.', listed: false }),
  'leak.otcp': {
    title: 'OTCP leak',
    reference: '0 = bounded',
    help: 'Share of directions that are still inside the set at 1.5 times the largest residual.',
    better: 'lower',
  },
  'leak.*': byScore('leak', {
    help: 'Share of directions that are still inside the set at 1.5 times the largest residual.',
    better: 'lower',
    listed: false,
  }),
  'everything.*': byScore('everything', {
    help: 'Share of the test rows whose set is everything.',
    better: 'lower',
    listed: false,
  }),
  'empty.*': byScore('empty sets', { help: 'Share of the test rows whose set is empty.', listed: false }),
  'singletons.*': byScore('single classes', {
    help: 'Share of the test rows whose set is one class.',
    listed: false,
  }),
  'coverageNarrow.*': byScore('coverage, little noise', {
    help: 'Coverage where the toy with uneven noise has little of it.',
    listed: false,
  }),
  'coverageWide.*': byScore('coverage, much noise', {
    help: 'Coverage where the toy with uneven noise has much of it.',
    listed: false,
  }),
  'effective.*': byScore('effective draws', {
    help: 'Least effective number of draws behind a volume.',
    better: 'higher',
    listed: false,
  }),
  'fitSeconds.*': byScore('fit', { unit: 's', help: 'Seconds that the score took to fit.', listed: false }),
  'queryMilliseconds.*': byScore('time per set', {
    unit: 'ms',
    help: 'Milliseconds that the sets of one row take.',
    listed: false,
  }),
  calibrationRows: {
    title: 'calibration rows',
    help: 'Rows that the thresholds come from, per split.',
  },
  testRows: { title: 'test rows', help: 'Rows that everything is measured on, per split.' },
  repeats: { title: 'splits', help: 'Splits that are done.' },
};
