/** @file What a pruner would have done to trials that have ended: what it saves, and what it costs. */
import type { PrunerRehearsal } from '../../contract/study';
import type { Pruner, TrialCurve } from './pruner';

/** The share of complete trials that count as good. */
const GOOD = 0.1;

/**
 * Goes through the reports of complete trials in the order of the trials, as if each had run alone: what the pruner would
 * have ended, the steps that saves, and how good what it ends was. `values` are final ones by trial, smaller is better.
 */
export function rehearse(
  pruner: Pruner,
  curves: readonly TrialCurve[],
  values: ReadonlyMap<number, number>,
): PrunerRehearsal {
  const complete = curves.filter(({ trial, steps }) => values.has(trial) && steps.length > 0);
  const seen: TrialCurve[] = [];
  const ended: PrunerRehearsal['trials'] = [];
  let [done, whole] = [0, 0];
  for (const curve of complete) {
    const stop = firstStop(pruner, curve, seen);
    whole += curve.length;
    done += stop?.step ?? curve.length;
    if (stop) ended.push({ trial: curve.trial, ...stop });
    seen.push(stop ? upTo(curve, stop.step) : curve);
  }
  const order = complete.map(({ trial }) => trial).sort((a, b) => values.get(a)! - values.get(b)!);
  const stopped = new Set(ended.map(({ trial }) => trial));
  const good = new Set(order.slice(0, Math.ceil(GOOD * order.length)));
  const bestLeft = order.findIndex((trial) => !stopped.has(trial));
  return {
    saved: whole === 0 ? 0 : 1 - done / whole,
    pruned: ended.length,
    lostGood: ended.filter(({ trial }) => good.has(trial)).length,
    rankRegret: bestLeft < 0 ? order.length : bestLeft,
    trials: ended,
  };
}

function firstStop(pruner: Pruner, curve: TrialCurve, seen: readonly TrialCurve[]) {
  for (let at = 0; at < curve.steps.length; at++) {
    const step = curve.steps[at]!;
    const reason = pruner.judge({ ...upTo(curve, step), state: 'running' }, seen);
    if (reason !== null) return { step, reason };
  }
  return null;
}

function upTo(curve: TrialCurve, step: number): TrialCurve {
  const count = Array.from(curve.steps).filter((one) => one <= step).length;
  const cut = (list: ArrayLike<number>) => Array.from(list).slice(0, count);
  return { ...curve, steps: cut(curve.steps), values: cut(curve.values) };
}
