/** @file The numbers of a run that steers a flow, in reading order. */
import { metric, type MetricDeclarations } from '../../../contract/presentation';

export const flowMetrics: MetricDeclarations = {
  classShare: metric(
    'target share: Share of images that the judge takes for the target class, at the main λ.',
    {
      ...{ better: 'higher', headline: true },
      reference: { word: 'unsteered', metric: 'classShare.lambda0' },
    },
  ),
  confidence: metric('confidence: Of the judge in the class that it decides for, at the main λ.', {
    ...{ better: 'higher', headline: true },
    reference: { word: 'unsteered', metric: 'confidence.lambda0' },
  }),
  nearest: metric(
    'distance to real images: Of features to the nearest real image of the judged class, ÷ that of real images, at the main λ.',
    { ...{ better: 'lower' }, reference: { word: 'unsteered', metric: 'nearest.lambda0' } },
  ),
  'random.classShare': metric('target share, random maps: Of random maps of the same norm, at the main λ.', {
    reference: { word: 'unsteered', metric: 'classShare.lambda0' },
  }),
  'judge.accuracy': metric(
    'accuracy of the judge: Share of real images that it has not seen and gets right.',
    {
      better: 'higher',
    },
  ),
  'classShare.lambda*': metric('target share, λ = *: Share of images judged to be of the target class.'),
  'sourceShare.lambda*': metric('source share, λ = *: Share of images judged to be of the source class.'),
  'turned.lambda*': metric(
    'turned, λ = *: Of the noises that become the source class unsteered, the share that becomes the target class.',
  ),
  'confidence.lambda*': metric('confidence, λ = *: Of the judge in the class that it decides for.'),
  'nearest.lambda*': metric('distance to real images, λ = *: Of features, ÷ that of real images set apart.'),
  'frechet.lambda*': metric("FD, λ = *: Fréchet distance of features to the target class's real images."),
  'moved.lambda*': metric(
    'moved, λ = *: Root mean square over pixels of the difference to the unsteered image of the same noise; 1 is black to white.',
  ),
};
