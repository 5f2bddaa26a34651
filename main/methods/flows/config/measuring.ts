/** @file Settings: what is measured at the end of a run. */
import { choice, integer, real } from '../../../contract/schema';
import { MEASURING } from './groups';

export const measuringFields = {
  heldOut: real({
    title: 'Held-out share',
    help: 'Share of the rows that is never trained on, only compared with.',
    group: MEASURING,
    advanced: true,
    default: 0.2,
    minimum: 0.01,
    maximum: 0.9,
  }),
  directions: integer({
    title: 'Directions',
    help: 'Random directions over which the sliced distance is averaged.',
    unit: 'directions',
    group: MEASURING,
    advanced: true,
    default: 200,
    minimum: 1,
    maximum: 10_000,
    scale: 'log',
  }),
  metrics: choice({
    title: 'Distances',
    help: 'How generated points are compared with held-out rows at the end of a run.',
    group: MEASURING,
    advanced: true,
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
  likelihood: choice({
    title: 'Likelihood',
    help: 'Whether the density of held-out rows under the flow is measured, from noise only.',
    group: MEASURING,
    advanced: true,
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
  likelihoodRows: integer({
    title: 'Rows for the likelihood',
    help: 'Held-out rows whose density is measured; the standard error falls with their root.',
    unit: 'rows',
    group: MEASURING,
    advanced: true,
    default: 512,
    minimum: 2,
    maximum: 65536,
    scale: 'log',
    onlyWhen: { key: 'likelihood', values: ['hutchinson', 'exact'] },
  }),
};
