/**
 * @file Final loss over the learning rate at one scale, and where it is lowest: a parabola through the best three points in
 * log₂ of the rate. Where the best point lies at an end, or what lies around it diverged, there is no optimum to speak of.
 */
import { mean } from '../statistics';

/** What came out at one scale. Rates are those of the base configuration, so that a rule that transfers keeps the optimum. */
export interface RateCurve {
  /** Ascending and positive, at least one. */
  rates: readonly number[];
  /** Final losses [rate][seed], the same seeds at every rate; null where a seed diverged. */
  losses: readonly (readonly (number | null)[])[];
}

export interface Optimum {
  /** log₂ of the learning rate at the lowest point of the parabola. */
  log2Rate: number;
  /** Loss there. */
  loss: number;
  /** Second derivative of the loss, per octave squared. */
  curvature: number;
}

/** Why a curve has no optimum. At an end `try` is the learning rate to add. */
export interface NoOptimum {
  why: 'too few rates' | 'lowest at the smallest rate' | 'lowest at the largest rate' | 'flat';
  try: number | null;
}

export const hasOptimum = (found: Optimum | NoOptimum): found is Optimum => 'log2Rate' in found;

/** A rate of which all seeds ended well, with the mean loss. A mean over survivors would flatter a rate that is too large. */
export interface RatePoint {
  log2Rate: number;
  loss: number;
}

/** The points of a curve that can be compared, for some of its seeds (repeats count twice); default all once. */
export function ratePoints({ rates, losses }: RateCurve, seeds?: readonly number[]): RatePoint[] {
  return rates.flatMap((rate, at) => {
    const row = losses[at]!;
    const chosen = seeds ? seeds.map((seed) => row[seed] ?? null) : row;
    const ended = chosen.filter((loss) => loss !== null && Number.isFinite(loss)) as number[];
    const whole = chosen.length > 0 && ended.length === chosen.length;
    return whole ? [{ log2Rate: Math.log2(rate), loss: mean(ended) }] : [];
  });
}

/** The optimum of points in ascending order of their rates. */
export function optimumOf(points: readonly RatePoint[]): Optimum | NoOptimum {
  if (points.length < 3) return { why: 'too few rates', try: null };
  const best = points.reduce((least, { loss }, at) => (loss < points[least]!.loss ? at : least), 0);
  const step = (from: number, to: number) => points[to]!.log2Rate - points[from]!.log2Rate;
  const last = points.length - 1;
  if (best === 0) return { why: 'lowest at the smallest rate', try: 2 ** (points[0]!.log2Rate - step(0, 1)) };
  if (best === last)
    return { why: 'lowest at the largest rate', try: 2 ** (points[last]!.log2Rate + step(last - 1, last)) };
  const parabola = parabolaThrough(points[best - 1]!, points[best]!, points[best + 1]!);
  // Three equal losses have no lowest point; the middle one is never the highest, so that curvature is not negative.
  if (!(parabola.curvature > 0)) return { why: 'flat', try: null };
  const log2Rate = points[best]!.log2Rate - parabola.slope / parabola.curvature;
  return { log2Rate, loss: parabola.at(log2Rate), curvature: parabola.curvature };
}

/**
 * The loss at a learning rate between measured ones, on the parabola through the three points around it; null outside of
 * them, where nothing was measured or all of it diverged.
 */
export function lossAt(points: readonly RatePoint[], log2Rate: number): number | null {
  const last = points.length - 1;
  if (last < 1 || log2Rate < points[0]!.log2Rate || log2Rate > points[last]!.log2Rate) return null;
  const above = Math.max(
    1,
    points.findIndex((point) => point.log2Rate >= log2Rate),
  );
  if (last === 1) {
    const [left, right] = [points[0]!, points[1]!];
    const share = (log2Rate - left.log2Rate) / (right.log2Rate - left.log2Rate);
    return left.loss + share * (right.loss - left.loss);
  }
  // Of the two parabolas the one whose middle point is nearer.
  const nearer =
    log2Rate - points[above - 1]!.log2Rate < points[above]!.log2Rate - log2Rate ? above - 1 : above;
  const middle = Math.min(last - 1, Math.max(1, nearer));
  return parabolaThrough(points[middle - 1]!, points[middle]!, points[middle + 1]!).at(log2Rate);
}

/** The parabola through three points: slope and curvature at the middle one. */
function parabolaThrough(left: RatePoint, middle: RatePoint, right: RatePoint) {
  const below = middle.log2Rate - left.log2Rate;
  const above = right.log2Rate - middle.log2Rate;
  const fall = (middle.loss - left.loss) / below;
  const rise = (right.loss - middle.loss) / above;
  const curvature = (2 * (rise - fall)) / (below + above);
  const slope = (fall * above + rise * below) / (below + above);
  return {
    slope,
    curvature,
    at: (log2Rate: number) => {
      const away = log2Rate - middle.log2Rate;
      return middle.loss + slope * away + 0.5 * curvature * away * away;
    },
  };
}
