/** @file The numbers of a run in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';
import { flowMetrics } from './flow/metrics';

export const metrics: MetricDeclarations = {
  presence: metric('presence: Share of continuations with a word of the lexicon, at the main λ.', {
    ...{ better: 'higher', headline: true },
    reference: { word: 'unsteered', metric: 'presence.lambda0' },
  }),
  perplexity: metric('perplexity: Of the continuations at the main λ, under the unsteered model.', {
    ...{ better: 'lower', headline: true },
    reference: { word: 'unsteered', metric: 'perplexity.lambda0' },
  }),
  safeLambda: metric('safe λ: The largest strength whose side effects stay inside their limits.', {
    ...{ better: 'higher', headline: true },
  }),
  judged: metric(
    'judged: Share of continuations that a classifier of words takes for the target, at the main λ.',
    {
      ...{ better: 'higher' },
      reference: { word: 'unsteered', metric: 'judged.lambda0' },
    },
  ),
  perplexityData: metric('perplexity of data: Of neutral texts under the model steered at the main λ.', {
    ...{ better: 'lower' },
    reference: { word: 'unsteered', metric: 'perplexityData.lambda0' },
  }),
  transportedShare: metric("transported: Share of the source's tokens that are inside the supports."),
  'random.presence': metric('presence, random maps: Of random maps of the same norm, at the main λ.', {
    reference: { word: 'unsteered', metric: 'presence.lambda0' },
  }),
  fitSeconds: metric('fitting: Seconds, with the model open.', { unit: 's', better: 'lower' }),
  'detect.correlation': metric(
    'detect and steer, r: Over blocks, of the cosine of probe and shift with the presence gained.',
  ),
  'detect.readBest': metric('best block to read: By the AUC of a probe.'),
  'detect.steeredBest': metric('best block to steer: By the presence gained, steered alone.'),
  hooks: metric('hooks: That are steered.'),
  'judge.auc': metric('AUC of the judge: Of the classifier of words on texts it has not seen.'),
  'presence.lambda*': metric('presence, λ = *: Share of continuations with a word of the lexicon.'),
  'perplexity.lambda*': metric('perplexity, λ = *: Of the continuations under the unsteered model.'),
  'perplexityData.lambda*': metric('perplexity of data, λ = *: Of neutral texts under the steered model.'),
  'judged.lambda*': metric('judged, λ = *: Share that a classifier of words takes for the target.'),
  'selfBleu.lambda*': metric('self-BLEU, λ = *: How alike the continuations are, 0 to 1.'),
  'distinct.lambda*': metric('distinct pairs, λ = *: Different pairs of words ÷ all.'),
  ...flowMetrics,
  'random.*': metric('random maps, *: The same of random maps of the same norm.'),
};
