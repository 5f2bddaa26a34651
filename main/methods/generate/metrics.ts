/** @file The numbers of a run in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';

export const metrics: MetricDeclarations = {
  perplexity: metric(
    'perplexity: Of what was written, under the model itself: e to the mean surprise per token, before temperature and cuts.',
    { headline: true },
  ),
  tokensPerSecond: metric('tokens per second: Of all texts together, prompts read included.', {
    ...{ unit: 'tokens/s', better: 'higher', headline: true },
  }),
  tokens: metric('tokens: That were written.', { headline: true }),
  texts: metric('texts: Prompts times copies.'),
};
