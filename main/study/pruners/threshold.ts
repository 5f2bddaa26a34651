/** @file Ends trials whose value leaves bounds that a person gave. */
import { section } from '../../contract/schema';
import { definePruner, lastStep } from './define';

const [shown] = section('Pruner');
const FURTHEST = 1e12;

export const threshold = definePruner(
  'Threshold: Ends a trial whose value is beyond a bound. Values count as losses: of an objective that is maximized, minus the value.',
  {
    upper: shown('Upper bound: Larger values end a trial.').real(FURTHEST, [-FURTHEST, FURTHEST]),
    warmup: shown('Warm-up: Share of the steps before which no trial is ended.').real(0, [0, 1]),
  },
  ({ upper, warmup }) => ({
    rungs: () => null,
    judge(trial) {
      const step = lastStep(trial);
      const value = trial.values[trial.values.length - 1];
      if (value === undefined || step / trial.length < warmup || step >= trial.length) return null;
      return value > upper ? `step ${step}: ${value.toPrecision(3)} is above ${upper}` : null;
    },
  }),
);
