/**
 * @file Asynchronous successive halving (Li et al. 2020): at rungs r, rη, rη², … of its steps a trial goes on if it is among the
 * best 1/η of those that were seen at the rung. Rungs are shares of the schedule, so that trials of different lengths compare.
 */
import { section } from '../../contract/schema';
import { definePruner, lastStep, valueAt } from './define';
import type { TrialCurve } from './pruner';

const [shown] = section('Pruner');

export const asha = definePruner(
  'ASHA: Ends trials at rungs of their steps where they are not among the best; many are tried, few run long.',
  {
    eta: shown('η: One in so many goes on at a rung.').integer(3, [2, 16]),
    grace: shown('Grace: Share of the steps of the first rung; choose the end of the warm-up.').real(0.04, [
      0.001,
      1,
      'log',
    ]),
  },
  ({ eta, grace }) => {
    const shares: number[] = [];
    for (let share = grace; share < 1; share *= eta) shares.push(share);
    return {
      rungs: (length) => shares.map((share) => Math.round(share * length)),
      judge(trial, others) {
        const now = lastStep(trial) / trial.length;
        const rung = shares.findLastIndex((share) => share <= now * (1 + 1e-9));
        if (rung < 0 || now >= 1 || !isFirstAt(trial, shares[rung]!)) return null;
        const own = valueAt(trial, now);
        const seen = others.map((other) => valueAtRung(other, shares[rung]!)).filter(Number.isFinite);
        const better = seen.filter((value) => value < own).length;
        const keeps = Math.max(1, Math.floor((seen.length + 1) / eta));
        if (better < keeps) return null;
        return `rung ${Math.round(shares[rung]! * trial.length)}: rank ${better + 1} of ${seen.length + 1}`;
      },
    };
  },
);

/** Whether the last report is the first at or behind the rung: a trial is judged once a rung. */
function isFirstAt({ steps, length }: TrialCurve, share: number): boolean {
  const bound = share * length * (1 - 1e-9);
  return steps.length < 2 || steps[steps.length - 2]! < bound;
}

/** What another trial reported first at or behind the rung; NaN where it has not come there. */
function valueAtRung({ steps, values, length }: TrialCurve, share: number): number {
  for (let at = 0; at < steps.length; at++) if (steps[at]! >= share * length * (1 - 1e-9)) return values[at]!;
  return NaN;
}
