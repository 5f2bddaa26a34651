/** @file Tasks that cannot be probed, and why: too few items of a kind, or a base rate that leaves too little to tell apart. */

/** Fewest items of either label. */
const FEWEST = 100;
/** Base rates outside are refused. */
const BASE_RATES = [0.1, 0.9] as const;

export interface Refusal {
  code: 'task-too-few' | 'task-base-rate';
  reason: string;
}

/** Null where the task can be probed. `fewest` is lower in tests alone. */
export function refusalOf(labels: ArrayLike<number>, fewest = FEWEST): Refusal | null {
  let ones = 0;
  for (let item = 0; item < labels.length; item++) ones += labels[item]!;
  const zeros = labels.length - ones;
  const rate = ones / Math.max(1, labels.length);
  const [least, most] = BASE_RATES;
  if (labels.length > 0 && (rate < least || rate > most))
    return {
      code: 'task-base-rate',
      reason: `${percent(rate)} are true or right, outside ${percent(least)} to ${percent(most)}: a probe would learn the base rate`,
    };
  if (Math.min(ones, zeros) < fewest)
    return {
      code: 'task-too-few',
      reason: `${ones} true or right and ${zeros} others; at least ${fewest} of each are needed`,
    };
  return null;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
