/** @file Settings: what is measured at the end of a run. */
import { fieldsWith } from '../../../contract/schema';
import { MEASURING } from './groups';

const advanced = fieldsWith({ group: MEASURING, advanced: true });

export const measuringFields = {
  heldOut: advanced.real({
    title: 'Held-out share',
    help: 'Share of the rows that is never trained on, only compared with.',
    default: 0.2,
    range: [0.01, 0.9],
  }),
  directions: advanced.integer({
    title: 'Directions',
    help: 'Random directions over which the sliced distance is averaged.',
    unit: 'directions',
    default: 200,
    range: [1, 10_000, 'log'],
  }),
  metrics: advanced.choice({
    title: 'Distances',
    help: 'How generated points are compared with held-out rows at the end of a run.',
    default: 'energy',
    choices: [
      { value: 'sliced', title: 'Sliced', help: 'The sliced 2-Wasserstein distance only.' },
      {
        value: 'energy',
        title: 'Sliced and energy',
        help: 'Also the energy distance, on at most 2,048 points.',
      },
      {
        value: 'all',
        title: 'All',
        help: 'Also exact W2, nearest-neighbour accuracy, precision and recall, on at most 2,048 points.',
      },
    ],
  }),
  likelihood: advanced.choice({
    title: 'Likelihood',
    help: 'Whether the density of held-out rows under the flow is measured, from noise only.',
    default: 'none',
    choices: [
      { value: 'none', title: 'Not measured', help: 'Saves its time.' },
      {
        value: 'hutchinson',
        title: 'Estimated',
        help: 'The divergence along one random sign vector per row: unbiased, and cheap in any dimension.',
      },
      {
        value: 'exact',
        title: 'Exact',
        help: 'The whole trace: as many derivatives as coordinates.',
      },
    ],
  }),
  likelihoodRows: advanced.integer({
    title: 'Rows for the likelihood',
    help: 'Held-out rows whose density is measured; the standard error falls with their root.',
    unit: 'rows',
    default: 512,
    range: [2, 65536, 'log'],
    onlyWhen: { key: 'likelihood', values: ['hutchinson', 'exact'] },
  }),
};
