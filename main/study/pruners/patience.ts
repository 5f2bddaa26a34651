/** @file Ends trials that have stopped getting better. */
import { section } from '../../contract/schema';
import { bestUpTo, definePruner, lastStep } from './define';

const [shown] = section('Pruner');

export const patience = definePruner(
  'Patience: Ends a trial that has not become better for a share of its steps.',
  {
    patience: shown('Patience: Share of the steps that are waited.').real(0.2, [0.01, 1]),
    leastGain: shown('Least gain: A smaller one does not count.').real(0, [0, 1e9]),
  },
  ({ patience: wait, leastGain }) => ({
    rungs: () => null,
    judge(trial) {
      const now = lastStep(trial) / trial.length;
      if (now <= wait || now >= 1) return null;
      const before = bestUpTo(trial, now - wait);
      const best = bestUpTo(trial, now);
      if (!Number.isFinite(before) || best < before - leastGain) return null;
      return `step ${lastStep(trial)}: no better than ${before.toPrecision(3)} for ${Math.round(100 * wait)} % of the steps`;
    },
  }),
);
