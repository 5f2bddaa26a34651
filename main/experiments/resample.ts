/** @file Resamples of a few seeds: all of them where they are few, else drawn; the same every time. */
import { stream } from '../../native-models';
import { quantile } from './statistics';

/** Five seeds have 5⁵ = 3,125 resamples. */
const MOST_RESAMPLES = 4000;
const DRAWN_RESAMPLES = 2000;

/** Every resample with replacement of `count` seeds as a list of their numbers; 2,000 drawn ones above five seeds. */
export function* resamples(count: number): Generator<number[]> {
  if (count < 1) return;
  const all = count ** count;
  if (all <= MOST_RESAMPLES)
    for (let number = 0; number < all; number++)
      yield Array.from({ length: count }, (_, place) => Math.floor(number / count ** place) % count);
  else {
    const random = stream(count, 'experiments.resamples');
    const picks = new Int32Array(count);
    for (let drawn = 0; drawn < DRAWN_RESAMPLES; drawn++) yield [...random.integers(picks, count)];
  }
}

/** How many resamples may have no value before their quantiles say nothing. */
const MOST_MISSING = 0.1;

/** Percentile interval of a quantity over resamples, NaN where one has none; null where that is more than a tenth, or nothing. */
export function bootstrapQuantiles(values: readonly number[], level: number): [number, number] | null {
  const known = Float64Array.from(values.filter(Number.isFinite)).sort();
  if (known.length === 0 || known.length < (1 - MOST_MISSING) * values.length) return null;
  const tail = (1 - level) / 2;
  return [quantile(known, tail), quantile(known, 1 - tail)];
}
