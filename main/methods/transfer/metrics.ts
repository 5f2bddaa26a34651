/** @file The numbers and curves of a run in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';
import { loopMetrics } from '../../training/loop';

export const metrics: MetricDeclarations = {
  'validation.loss': metric('validation loss: Mean surprise per byte of the text that was put aside.', {
    ...{ unit: 'nats', better: 'lower', headline: true },
  }),
  loss: metric('training loss: Mean surprise per byte; the final number is the mean of the last steps.', {
    ...{ unit: 'nats', better: 'lower', headline: true },
  }),
  tokensPerParameter: metric('tokens per parameter: Trained on; about 20 is a common choice.', {
    headline: true,
  }),
  parameters: metric('parameters: Numbers that are learned.'),
  tokens: metric('tokens: Trained on.'),
  steps: metric('steps: Duration ÷ batch.'),
  flops: metric('operations: 6 for each parameter and token, and 12·L·N·T a token for attention.'),
  trainSeconds: metric('training time: In steps, over all resumes.', { unit: 's' }),
  'check.passes': metric('check: 1 where the rule is inside every band, 0 where it is not.'),
  'check.controlFails': metric('control fails: 1 where the control leaves its band, as it must.'),
  'slope.*': metric('slope, *: Octaves of the size per octave of the scale, at the last step.'),
  ...loopMetrics,
};
