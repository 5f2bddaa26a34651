/** @file The numbers and curves of a run in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';
import { loopMetrics } from '../../training/loop';

export const metrics: MetricDeclarations = {
  bitsPerByte: metric(
    'bits per byte: Of the validation text, so that vocabularies can be compared; every stretch is predicted from its own start. The reference counts bytes of the training text.',
    {
      better: 'lower',
      headline: true,
      reference: { word: 'byte frequencies', metric: 'reference.unigram' },
    },
  ),
  'validation.loss': metric('validation loss: Mean surprise per token of the validation text.', {
    ...{ unit: 'nats', better: 'lower', headline: true },
  }),
  loss: metric('training loss: Mean surprise per token; the final number is the mean of the last steps.', {
    ...{ unit: 'nats', better: 'lower' },
  }),
  tokensPerSecond: metric('tokens per second: Trained on, without the looks between the steps.', {
    ...{ unit: 'tokens/s', better: 'higher', headline: true },
  }),
  'reference.unigram': metric('bits per byte, byte frequencies: Of the training text, one more of each.'),
  'reference.bigram': metric(
    'bits per byte, pairs of bytes: Frequencies of a byte after the one before it, backed by byte frequencies.',
  ),
  'reference.deflate': metric(
    'bits per byte, deflate: The compressor of gzip at its highest level, with the end of the training text to look back into.',
  ),
  parameters: metric('parameters: Numbers that are learned.'),
  'text.tokens': metric('training tokens: Tokens of the training text.'),
  'text.vocabulary': metric('vocabulary: Tokens there are.'),
  'text.bytesPerToken': metric('bytes per token: Of the training text.'),
  trainSeconds: metric('training time: In steps, over all resumes.', { unit: 's' }),
  ...loopMetrics,
};
