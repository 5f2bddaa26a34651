/** @file What a run that steers a flow is given, and the settings that only it has. */
import { input } from '../../../contract/inputs';
import { section } from '../../../contract/schema';

export const ofFlow = { key: 'subject', values: ['flow'] };

export const flowInputs = {
  flow: input('Flow: A finished run of Flows on images with labels, whose network is steered.', {
    ...{ kind: 'run', method: 'flows', optional: false, onlyWhen: ofFlow },
    files: ['artifacts/velocity.onnx'],
  }),
  images: input('Images: The labelled images of the flow, where they are no longer where it was trained.', {
    ...{ kind: 'dataset', needs: 'features-and-label', optional: true, onlyWhen: ofFlow },
    without: "The flow's own",
  }),
};

const [images, moreImages] = section('Images', ofFlow);

export const flowFields = {
  noises: images('Noises: From which images are generated, the same at every strength.').integer(
    256,
    [2, 4096, 'log'],
    'images',
  ),
  evaluations: images('Steps: Of Euler from noise to an image.').integer(32, [1, 1000, 'log'], 'NFE'),
  times: moreImages(
    'Times: At which each image is mixed with noise for fitting; its activations are their mean over these.',
  ).integer(8, [1, 64, 'log']),
};
