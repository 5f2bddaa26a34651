/** @file Settings: the level, the scores, and the entropic map behind some of them. */
import { fieldsWith } from '../../../contract/schema';
import { SCORE_CHOICES } from '../scores/catalogue';
import { SETS, TRANSPORT } from './groups';

const advancedSets = fieldsWith({ group: SETS, advanced: true });
const sets = fieldsWith({ group: SETS });
const advancedTransport = fieldsWith({ group: TRANSPORT, advanced: true });
const transport = fieldsWith({ group: TRANSPORT });

export const setFields = {
  alpha: sets.real({
    title: 'Miscoverage',
    help: 'How often a set may miss the truth: .1 makes sets that hold it 9 times out of 10. It can be changed after the run without fitting again.',
    source: 'α, section 1.1',
    default: 0.1,
    range: [0.001, 0.9, 'log'],
  }),
  scores: sets.choices({
    title: 'Scores',
    help: 'What is measured of a residual before it is compared with those of the calibration rows: the score gives the set its shape. Some need a further head, which is trained in addition.',
    source: 'section 2.1',
    default: ['l2', 'maxStd', 'box', 'mahalanobis', 'localEllipsoid', 'otcp'],
    choices: SCORE_CHOICES,
  }),
  tieBreak: advancedSets.boolean({
    title: 'Break ties at random',
    help: 'Adds a billionth of a uniform number to every score, so that tied targets do not cover more often than asked.',
    default: false,
  }),
  epsilon: transport.real({
    title: 'Regularisation',
    help: 'How blurred the transport map is, in units of the squared radius of the residuals’ cloud. 0 chooses: .03 up to four targets, .1 beyond, for classes, or below 100 rows to fit on; with the search below, the smallest set on held-out fit rows.',
    source: 'ε, section 1.6; the paper takes .1',
    default: 0,
    range: [0, 100],
  }),
  searchEpsilon: advancedTransport.boolean({
    title: 'Search the regularisation',
    help: 'Tries .01, .03, .1 and .3 on a part of the fit rows and takes the one with the smallest set on the rest; calibration and test rows are not looked at.',
    source: 'section 6.3',
    default: false,
  }),
  gridSize: transport.integer({
    title: 'Reference points',
    help: 'Points of the ball that residuals are carried to. 0 chooses 2,048 up to three targets and for classes, 4,096 up to eight, 8,192 beyond.',
    unit: 'points',
    source: 'm, section 1.4; the paper takes 32,768',
    default: 0,
    range: [0, 131_072, 'log'],
  }),
  preset: advancedTransport.choice({
    title: 'Preset',
    help: 'How the map is set up where nothing else is asked for. The threshold is the exact order statistic under each.',
    default: 'monge',
    choices: [
      {
        value: 'monge',
        title: 'Monge',
        help: '16 radii and many directions, whitened from six targets on, a guard for far residuals.',
      },
      { value: 'paper', title: 'Paper', help: 'ε = .1, 32,768 points, √m radii, no guard.' },
      { value: 'ott', title: 'OTT', help: 'ε = .1, 8,192 points, √m radii, no guard, as in ott-jax.' },
    ],
  }),
  scaling: advancedTransport.choice({
    title: 'Scaling',
    help: 'How residuals are brought into the unit ball before they are carried.',
    source: 'section 1.5',
    default: 'auto',
    choices: [
      { value: 'auto', title: 'By targets', help: 'Largest norm up to five targets, whitened from six on.' },
      { value: 'max', title: 'Largest norm', help: 'The farthest residual lies on the sphere.' },
      { value: 'q99', title: '99 % norm', help: 'One outlier does not shrink the rest.' },
      { value: 'whiten', title: 'Whitened', help: 'Correlations are taken out first.' },
    ],
  }),
  tailGuard: advancedTransport.boolean({
    title: 'Tail guard',
    help: 'Adds .1 of the excess of the norm beyond 1 to the rank, so that sets stay bounded where the map is flat.',
    source: 'section 1.9',
    default: true,
  }),
  neighbours: advancedTransport.integer({
    title: 'Neighbours',
    help: 'Rows nearby that local scores learn from. 0 chooses a tenth of the rows up to 1,500 of them, their square root beyond, at least 10.',
    unit: 'rows',
    source: 'k, section 1.11',
    default: 0,
    range: [0, 10_000, 'log'],
  }),
};
