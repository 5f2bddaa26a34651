/**
 * @file From a study over learning rates and one scale: where the best rate lies at each size, how it moves, and what to expect
 * at a size that was not tried.
 */
import { MongeError } from '../../native-models/error';
import type { RatePredicted, ScaleFound } from '../contract/study';
import { hasOptimum, type NoOptimum, type Optimum } from '../experiments/transfer/rate-curve';
import {
  octavesPerDoubling,
  predictRate,
  scaleOptima,
  type ScaleCurve,
} from '../experiments/transfer/scales';
import type { StudyHistory, Trial } from '../study/journal/history';

/**
 * Trials of one size are a curve over the rate; those that were pruned or failed are no part of it, and a rate at which a seed
 * diverged has no point. Smaller objectives count as better; of one that is maximized, minus it.
 * @throws `predict-unsuitable` for keys that the study does not vary over numbers, or values that are not positive
 */
export function predicted(
  history: StudyHistory,
  { axis, rate, at }: { axis: string; rate: string; at: number },
): RatePredicted {
  const curves = curvesOf(history, axis, rate);
  if (!(at > 0)) throw unsuitable(axis, String(at), 'a positive number');
  const optima = scaleOptima(curves).map(({ scale, found, interval, drift, regret }): ScaleFound => {
    const best = hasOptimum(found) ? found : null;
    return {
      ...{ scale, drift, regret },
      rate: best && 2 ** best.log2Rate,
      interval: interval && [2 ** interval[0], 2 ** interval[1]],
      loss: best && history.sign * best.loss,
      why: best ? null : whyOf(found as Exclude<typeof found, Optimum>),
    };
  });
  const moves = octavesPerDoubling(curves);
  const found = predictRate(curves, at);
  if ('why' in found)
    return { axis, rate, at, optima, moves, prediction: null, why: found.why, try: found.try };
  const { log2Rate, interval, loss, lossInterval, from, beyond, lineSeen } = found;
  const ends = lossInterval.map((end) => history.sign * end).sort((a, b) => a - b);
  return {
    ...{ axis, rate, at, optima, moves, why: null, try: [] },
    prediction: {
      rate: 2 ** log2Rate,
      interval: [2 ** interval[0], 2 ** interval[1]],
      value: history.sign * loss,
      valueInterval: [ends[0]!, ends[1]!],
      ...{ from, octavesBeyond: beyond, lineSeen },
    },
  };
}

const whyOf = ({ why, try: rate }: NoOptimum): string =>
  rate === null ? why : `${why}; try ${Number(rate.toPrecision(2))}`;

function curvesOf(history: StudyHistory, axis: string, rate: string): ScaleCurve[] {
  const { definition, space, trials, sign } = history;
  for (const key of [axis, rate]) {
    const dimension = space[key] ?? definition.space[key];
    if (!dimension) throw unsuitable(key, 'not varied', Object.keys(space).join(', '));
    if (
      'choices' in dimension &&
      !dimension.choices.every((choice) => typeof choice === 'number' && choice > 0)
    )
      throw unsuitable(key, JSON.stringify(dimension.choices), 'positive numbers');
  }
  const known = trials.filter(({ state }) => state === 'complete' || state === 'diverged');
  const numberOf = ({ point }: Trial, key: string) => Number(point[key]);
  const scales = [...new Set(known.map((trial) => numberOf(trial, axis)))].sort((a, b) => a - b);
  return scales.map((scale) => {
    const own = known
      .filter((trial) => numberOf(trial, axis) === scale)
      .sort((a, b) => numberOf(a, rate) - numberOf(b, rate));
    return {
      scale,
      rates: own.map((trial) => numberOf(trial, rate)),
      losses: own.map(({ seeds }) =>
        definition.seeds.map((seed) => {
          const value = seeds.get(seed)?.values[0];
          return typeof value === 'number' ? sign * value : null;
        }),
      ),
    };
  });
}

function unsuitable(key: string, got: string, expected: string): MongeError {
  return new MongeError({
    ...{ code: 'predict-unsuitable', blame: 'input' },
    what: 'a learning rate cannot be predicted over this',
    where: { key },
    ...{ got, expected },
  });
}
