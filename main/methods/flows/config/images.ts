/** @file Settings: class-conditional training and sampling, and how images are judged. */
import { fieldsWith } from '../../../contract/schema';
import { MEASURING, TRAINING, withLabels } from './groups';

const training = fieldsWith({ group: TRAINING, advanced: true, onlyWhen: withLabels });
const advanced = fieldsWith({ group: MEASURING, advanced: true });
const shown = fieldsWith({ group: MEASURING });

export const imageFields = {
  labelDropout: training.real({
    title: 'Label dropout',
    help: 'Share of the pairs trained without their label, so that the flow also learns all classes together; guidance needs it.',
    source: 'Ho and Salimans 2022',
    default: 0.1,
    range: [0, 1],
  }),
  guidance: shown.real({
    title: 'Guidance',
    help: 'How strongly generated points are pulled to their class: 1 is the class as learned, more gives clearer and less varied images.',
    source: 'w of v∅ + w·(v − v∅), Ho and Salimans 2022',
    default: 1,
    range: [0, 20],
    onlyWhen: withLabels,
  }),
  frechetSamples: advanced.integer({
    title: 'Images for FD',
    help: 'Generated images whose features are compared with those of held-out ones, where the data are images; 0 leaves the distance out.',
    unit: 'images',
    default: 2048,
    range: [0, 50_000],
  }),
};
