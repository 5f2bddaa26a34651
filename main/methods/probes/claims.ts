/** @file What must hold of probes at the smallest scale: they read their own task, and not the others. */
import { compare, fiveOfFive, signOrMargin } from '../../experiments/compare';
import { experiment, type Arm } from '../../experiments/experiment';
import { shortNumber } from '../../experiments/words';

const RECIPE = 'Four tasks of the tiny language model';
const TASKS = ['larger-than', 'smaller-than', 'rivers', 'trades'];

const probes: Arm = {
  recipe: RECIPE,
  label: 'logistic regression',
  config: {},
  data: { model: { sampleModel: 'tiny-lm' }, tasks: TASKS.map((sample) => ({ sample })) },
};

const directionsDependOnTheTask = experiment({
  id: 'P1',
  statement:
    'Probes of truth tell true from false in the task they were trained on better than in other tasks, and better than chance',
  source: 'the geometry of truth is task-dependent; tasks and model are ours',
  metrics: ['auc.inTaskMean', 'auc.crossTaskMean', 'auc.textOnlyMean'],
  arms: () => [probes],
  judge(results, { quick }) {
    const of = (metric: string) => results.values(RECIPE, probes.label, metric);
    const rule = quick ? signOrMargin : fiveOfFive;
    const chance = of('auc.inTaskMean').map(() => 0.5);
    return [
      compare('AUC: in the task > in others', of('auc.inTaskMean'), of('auc.crossTaskMean'), rule),
      compare('AUC: in the task > chance', of('auc.inTaskMean'), chance, rule),
      compare('AUC: activations > text only', of('auc.inTaskMean'), of('auc.textOnlyMean'), rule, false),
    ];
  },
  sentence(results) {
    const of = (metric: string) => shortNumber(results.mean(RECIPE, probes.label, metric));
    return `The mean AUC is ${of('auc.inTaskMean')} in the task, ${of('auc.crossTaskMean')} in the other tasks, and ${of('auc.textOnlyMean')} by the words alone.`;
  },
});

export const claims = [directionsDependOnTheTask];
