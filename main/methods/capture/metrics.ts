/** @file The numbers of a capture in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';

export const metrics: MetricDeclarations = {
  'captured.rows': metric('rows: Of every matrix: texts, or tokens where nothing is pooled.', {
    headline: true,
  }),
  'captured.hooks': metric('hooks: Places in the model, one matrix each.', { headline: true }),
  rowsPerSecond: metric('texts per second: Without the checks before the first row.', {
    ...{ unit: 'texts/s', better: 'higher', headline: true },
  }),
  'captured.tokens': metric('tokens: Of all texts, those that do not count included.'),
  'captured.cut': metric('cut texts: Those that were longer than the setting allows.'),
  'captured.megabytes': metric('size: Of all matrices.', { unit: 'MB' }),
};
