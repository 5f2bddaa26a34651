/** @file The final numbers and curves of Conformal sets in a researcher's words: coverage first, then size, then evenness. */
import type { MetricDeclaration, MetricDeclarations, MetricTraits } from '../../contract/presentation';
import { metric } from '../../contract/presentation';
import { titled, type Words } from '../../contract/schema';
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
function byScore(words: Words, more: MetricTraits = {}): MetricDeclaration {
  const { title, help } = titled(words);
  return { title: `${title}, *`, help, members, ...more };
}

/** A bound or a share that others are read against, or that files and comparisons only ask for. */
const aside = (words: Words): MetricDeclaration => metric(words, { listed: false });

export const metrics: MetricDeclarations = {
  'coverage.*': byScore(
    'coverage: Share of the test rows whose truth is inside their set, mean over the splits. One split lies in the band with probability 99.9 % where the guarantee is exact.',
    { reference: { word: 'band', metric: 'coverage.bandLow', to: 'coverage.bandHigh' }, headline: true },
  ),
  'coverage.expected': aside('expected coverage: What an exact guarantee gives on average.'),
  'coverage.bandLow': aside('coverage band, low: Lower end of the 99.9 % band of one split.'),
  'coverage.bandHigh': aside('coverage band, high: Upper end of the 99.9 % band of one split.'),
  'coverage.meanBandLow': aside('coverage band of the mean, low: Lower end of the 99.9 % band of the mean.'),
  'coverage.meanBandHigh': aside(
    'coverage band of the mean, high: Upper end of the 99.9 % band of the mean.',
  ),
  'inBand.*': byScore('in band: Share of the splits whose coverage lies in the 99.9 % band.', {
    better: 'higher',
    listed: false,
  }),
  'logVolume.*': byScore(
    'log volume: Mean natural logarithm of the volume of the sets of test rows, in standardised units of the targets; mean over the splits.',
    { reference: 'less is smaller', better: 'lower' },
  ),
  'meanSize.*': byScore('classes per set: Mean number of classes in the sets of the test rows.', {
    reference: '1 = certain',
    better: 'lower',
  }),
  'classCoverage.*': byScore('least class coverage: Coverage of the class that is covered least.', {
    better: 'higher',
  }),
  'ert.*': byScore(
    'excess risk: What can be won by betting on where sets miss: an estimate of the mean distance of coverage at a row from the level asked for.',
    { reference: '0 = even', better: 'lower' },
  ),
  'worstSlab.*': byScore(
    'worst slab: Coverage in the slab of the features where it is least, on rows that did not choose the slab. Low by chance too: the Conditional tab shows by how much.',
    { better: 'higher' },
  ),
  'cecX.*': byScore(
    'CEC-X: Mean squared distance of coverage in clusters of the features from the level asked for, times 100.',
    { better: 'lower', listed: false },
  ),
  accuracy: metric('accuracy: Share of the test rows whose most likely class is the right one.', {
    better: 'higher',
  }),
  'radius.otcp': metric(
    'OTCP radius: Rank that the calibration rows stay below as often as asked. It is calibrated, not 1 − α.',
    { reference: 'calibrated' },
  ),
  'radius.*': byScore('radius: The calibrated threshold of the score.', { listed: false }),
  'leak.otcp': metric(
    'OTCP leak: Share of directions that are still inside the set at 1.5 times the largest residual.',
    { reference: '0 = bounded', better: 'lower' },
  ),
  'leak.*': byScore(
    'leak: Share of directions that are still inside the set at 1.5 times the largest residual.',
    { better: 'lower', listed: false },
  ),
  'everything.*': byScore('everything: Share of the test rows whose set is everything.', {
    better: 'lower',
    listed: false,
  }),
  'empty.*': byScore('empty sets: Share of the test rows whose set is empty.', { listed: false }),
  'singletons.*': byScore('single classes: Share of the test rows whose set is one class.', {
    listed: false,
  }),
  'coverageNarrow.*': byScore(
    'coverage, little noise: Coverage where the toy with uneven noise has little of it.',
    { listed: false },
  ),
  'coverageWide.*': byScore(
    'coverage, much noise: Coverage where the toy with uneven noise has much of it.',
    { listed: false },
  ),
  'effective.*': byScore('effective draws: Least effective number of draws behind a volume.', {
    better: 'higher',
    listed: false,
  }),
  'fitSeconds.*': byScore('fit: Seconds that the score took to fit.', { unit: 's', listed: false }),
  'queryMilliseconds.*': byScore('time per set: Milliseconds that the sets of one row take.', {
    unit: 'ms',
    listed: false,
  }),
  calibrationRows: metric('calibration rows: Rows that the thresholds come from, per split.'),
  testRows: metric('test rows: Rows that everything is measured on, per split.'),
  repeats: metric('splits: Splits that are done.'),
};
