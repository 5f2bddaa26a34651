/** @file Median and percentile rules: a trial ends whose best value so far is worse than most others' at the same share. */
import { section } from '../../contract/schema';
import { bestUpTo, definePruner, lastStep, valueAt } from './define';
import type { Pruner } from './pruner';

const [shown, more] = section('Pruner');

const common = {
  startupTrials: shown('Start-up trials: Complete ones before the first is ended.').integer(5, [0, 100_000]),
  warmup: shown('Warm-up: Share of the steps before which no trial is ended.').real(0.1, [0, 1]),
};

/** Keeps trials whose best value lies among the best `percent` of others at the same share of their steps. */
function percentileRule({
  percent,
  startupTrials,
  warmup,
}: {
  percent: number;
  startupTrials: number;
  warmup: number;
}): Pruner {
  return {
    rungs: () => null,
    judge(trial, others) {
      const share = lastStep(trial) / trial.length;
      if (share < warmup || share >= 1) return null;
      const complete = others.filter(({ state }) => state === 'complete');
      if (complete.length < startupTrials) return null;
      const values = complete.map((other) => valueAt(other, share)).filter(Number.isFinite);
      if (values.length === 0) return null;
      const bound = quantileOf(values, percent / 100);
      const best = bestUpTo(trial, share);
      if (best <= bound) return null;
      const worse = values.filter((value) => value < best).length;
      return `step ${lastStep(trial)}: best ${best.toPrecision(3)} is beyond ${bound.toPrecision(3)}, rank ${worse + 1} of ${values.length + 1}`;
    },
  };
}

/** Linear interpolation between sorted values. */
function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

export const median = definePruner(
  'Median: Ends a trial whose best value is worse than the median of complete ones at the same share of their steps.',
  common,
  (options) => percentileRule({ ...options, percent: 50 }),
);

export const percentile = definePruner(
  'Percentile: Keeps the best share of trials at every look.',
  { percent: more('Percent: Of trials that are kept.').real(25, [0, 100]), ...common },
  percentileRule,
);
