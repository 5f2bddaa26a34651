/**
 * @file How much less data a better setting needs for the same loss (section 2.4 of the evaluation): the baseline's own
 * fully scheduled runs at several durations say what loss it reaches with how much.
 */
import { bootstrapQuantiles, resamples } from '../resample';
import { mean } from '../statistics';
import { LEVEL } from './scales';

export interface DurationCurve {
  /** Tokens, ascending. */
  durations: readonly number[];
  /** Final losses [duration][seed]. */
  losses: readonly (readonly number[])[];
}

export interface SpeedUp {
  /** Baseline's tokens for the same loss over those that were spent. */
  factor: number;
  /** 90 % interval over resampled seeds; null below two. */
  interval: [number, number] | null;
  /** Whether the loss lies beyond the baseline's longest run, by at most a factor of 1.5. */
  extrapolated: boolean;
}

/** No further than this beyond the baseline's longest and shortest runs. */
const FURTHEST = 1.5;

/**
 * The speed-up of runs that reached `losses` (by seed) with `duration` tokens over the baseline; null where the baseline's
 * runs do not reach the loss even when extended by half, or get no better with more data.
 */
export function speedUp(
  baseline: DurationCurve,
  { duration, losses }: { duration: number; losses: readonly number[] },
): SpeedUp | null {
  const of = (own: readonly number[], theirs: readonly number[]) => {
    const tokens = durationFor(baseline, mean(own.map((seed) => losses[seed]!)), theirs);
    return tokens === null ? NaN : tokens / duration;
  };
  const all = (count: number) => Array.from({ length: count }, (_, seed) => seed);
  const others = Math.min(...baseline.losses.map((row) => row.length));
  const factor = of(all(losses.length), all(others));
  if (Number.isNaN(factor)) return null;
  const paired = Math.min(losses.length, others);
  const drawn = Array.from(paired < 2 ? [] : resamples(paired), (picks) => of(picks, picks));
  const longest = baseline.durations[baseline.durations.length - 1]!;
  return {
    factor,
    interval: paired < 2 ? null : bootstrapQuantiles(drawn, LEVEL),
    extrapolated: factor * duration > longest,
  };
}

/** Tokens with which the baseline reaches a loss: straight lines in log of the tokens; null beyond half as much again. */
function durationFor(
  { durations, losses }: DurationCurve,
  loss: number,
  seeds: readonly number[],
): number | null {
  const points = durations.map((tokens, at) => ({
    x: Math.log(tokens),
    loss: mean(seeds.map((seed) => losses[at]![seed]!)),
  }));
  // The segment on which the loss is passed, else the one at the nearer end.
  const passed = points.findIndex((point, at) => at > 0 && point.loss <= loss);
  const right = passed > 0 ? passed : points.length - 1;
  const [a, b] = [points[right - 1], points[right]];
  if (!a || !b || !(a.loss > b.loss)) return null;
  const x = a.x + ((a.loss - loss) / (a.loss - b.loss)) * (b.x - a.x);
  const furthest = Math.log(FURTHEST);
  const inside = x >= points[0]!.x - furthest && x <= points[points.length - 1]!.x + furthest;
  return inside ? Math.exp(x) : null;
}
