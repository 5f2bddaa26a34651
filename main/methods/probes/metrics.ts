/** @file The numbers of a run in a researcher's words, in reading order. */
import { metric, type MetricDeclarations } from '../../contract/presentation';

export const metrics: MetricDeclarations = {
  'auc.inTaskMean': metric('in-task AUC, mean: Of the probes on test items of their own tasks.', {
    ...{ better: 'higher', headline: true },
    reference: { word: 'text only', metric: 'auc.textOnlyMean' },
  }),
  'auc.crossTaskMean': metric('cross-task AUC, mean: Of the probes on all other tasks.', {
    headline: true,
    reference: { word: 'chance', value: 0.5 },
  }),
  'auc.crossTaskDistance': metric(
    'cross-task |AUC − 0.5|, mean: Transfer of either sign; signs that cancel in the mean do not hide it.',
    { reference: { word: 'chance', metric: 'auc.crossTaskDistanceChance' } },
  ),
  'auc.crossTaskDistanceChance': metric('cross-task |AUC − 0.5| by chance: With permuted labels.', {
    listed: false,
  }),
  'auc.mlpMean': metric('in-task AUC of perceptrons, mean: With one hidden layer, on the same items.', {
    better: 'higher',
  }),
  'cosine.absoluteMean': metric(
    'cosine across tasks, mean |·|: Of the directions in the units of the hook.',
    {
      headline: true,
      reference: { word: 'chance', metric: 'cosine.chance' },
    },
  ),
  'cosine.halvesMean': metric('cosine of halves, mean: Of probes of two halves of the same task.'),
  'cosine.chance': metric('cosine by chance: Mean absolute value between random directions.', {
    listed: false,
  }),
  'auc.textOnlyMean': metric('text-only AUC, mean: Of logistic regression on TF-IDF.', { listed: false }),
  block: metric('block: Whose matrix is reported.'),
  'silhouette.task': metric('silhouette by task: Of the test items, 1 to −1.'),
  'silhouette.label': metric('silhouette by label: Of the test items, 1 to −1.'),
  'tasks.used': metric('tasks: That were probed.'),
  'tasks.refused': metric('refused tasks: With too few items of a kind, or outside 10 to 90 %.', {
    listed: 'above zero',
  }),
  'auc.*': metric('AUC *: Trained on the first task, tested on the second.'),
  'cosine.*': metric('cosine *: Of the directions of two tasks.'),
  'jaccard.*': metric('Jaccard *: Of the 50 units with the largest weights.'),
  'control.*': metric('control *: AUC of what does not look inside the model.'),
  'lead.*': metric(
    'lead *: AUC of the own probe less that of the control, turned where that helps what is not trained.',
  ),
  'mixture.*': metric('mixture *: AUC on a task of a probe of all others.'),
};
