/** @file Settings: class-conditional training and sampling, and how images are judged. */
import { integer, real, text } from '../../../contract/schema';
import { MEASURING, TRAINING, withLabels } from './groups';

export const imageFields = {
  labelDropout: real({
    title: 'Label dropout',
    help: 'Share of the pairs trained without their label, so that the flow also learns all classes together; guidance needs it.',
    source: 'Ho and Salimans 2022',
    group: TRAINING,
    advanced: true,
    default: 0.1,
    minimum: 0,
    maximum: 1,
    onlyWhen: withLabels,
  }),
  guidance: real({
    title: 'Guidance',
    help: 'How strongly generated points are pulled to their class: 1 is the class as learned, more gives clearer and less varied images.',
    source: 'w of v∅ + w·(v − v∅), Ho and Salimans 2022',
    group: MEASURING,
    default: 1,
    minimum: 0,
    maximum: 20,
    onlyWhen: withLabels,
  }),
  frechetSamples: integer({
    title: 'Images for FD',
    help: 'Generated images whose features are compared with those of held-out ones, where the data are images; 0 leaves the distance out.',
    unit: 'images',
    group: MEASURING,
    advanced: true,
    default: 2048,
    minimum: 0,
    maximum: 50_000,
  }),
  extractorModel: text({
    title: 'Feature extractor',
    help: 'Path of an ONNX file that turns images into features for the Fréchet distance; empty: a small network trained here on the labels.',
    group: MEASURING,
    advanced: true,
    default: '',
  }),
};
