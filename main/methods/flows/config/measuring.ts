/** @file Settings: what is measured at the end of a run. */
import { integer, real } from '../../schema';
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
};
