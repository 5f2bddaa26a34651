/** @file Which row serves for what: training, fitting the scores, calibration, test; none twice. */
import { stream } from '../../native-models';
import { MongeError } from '../../native-models/error';

export const SPLIT_PARTS = ['train', 'fit', 'calibration', 'test'] as const;
export type SplitPart = (typeof SPLIT_PARTS)[number];

/** Of each part what `of` makes of its name and place, in order. */
export function perPart<T>(of: (part: SplitPart, place: number) => T): Record<SplitPart, T> {
  const parts = SPLIT_PARTS.map((part, place) => [part, of(part, place)]);
  return Object.fromEntries(parts) as Record<SplitPart, T>;
}

/** Rows of the prepared table, counted from 0. */
export type SplitRows = Record<SplitPart, Uint32Array>;

export interface SplitConfig {
  /** Percent to train, fit, calibrate and test on, as `50/15/15/20`. */
  splits: string;
  order: 'random' | 'blocks';
  /** The most rows of each part. */
  trainRows: number;
  calibrationRows: number;
  testRows: number;
}

/**
 * Four shares of 1 from text such as `50/15/15/20`: percent, from 0, that add up to 100.
 * @throws `splits-invalid`
 */
export function parseShares(splits: string): Record<SplitPart, number> {
  const words = splits.split('/').map((word) => word.trim().replace(/\s*%$/, ''));
  const shares = words.map((word) => (/^\d+(?:\.\d+)?$/.test(word) ? Number(word) : NaN));
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length !== 4 || !(Math.abs(sum - 100) <= 0.1))
    throw new MongeError({
      code: 'splits-invalid',
      blame: 'input',
      what: 'the split cannot be read',
      where: { key: 'splits' },
      got: Number.isNaN(sum) ? JSON.stringify(splits) : `${splits}, ${shares.length} parts of ${sum} in all`,
      expected: 'percent to train, fit, calibrate and test on that add up to 100, as 50/15/15/20',
    });
  return perPart((_part, place) => shares[place]! / sum);
}

/**
 * Rows per part: by the shares, none empty, none above its cap. What fit, calibration and test leave over goes to training
 * up to its own cap; `left` rows are used for nothing.
 *
 * @throws `too-few-rows`, `splits-invalid`
 */
export function splitCounts(rows: number, config: SplitConfig): Record<SplitPart | 'left', number> {
  if (rows < 4)
    throw new MongeError({
      code: 'too-few-rows',
      blame: 'input',
      what: 'the rows cannot be split into four parts',
      where: { key: 'splits' },
      got: `${rows} rows`,
      expected: 'at least 4; several hundred make sets worth looking at',
    });
  const counts = apportion(rows, parseShares(config.splits));
  counts.fit = Math.min(counts.fit, config.calibrationRows);
  counts.calibration = Math.min(counts.calibration, config.calibrationRows);
  counts.test = Math.min(counts.test, config.testRows);
  const most = rows - counts.fit - counts.calibration - counts.test;
  counts.train = Math.min(most, config.trainRows);
  return { ...counts, left: most - counts.train };
}

/**
 * Deals the rows out: shuffled by seed and repeat, or in file order where later rows are to be foretold from earlier ones.
 * There the rows that are left over are the first of the file.
 *
 * @throws `too-few-rows`, `splits-invalid`
 */
export function splitRows(rows: number, config: SplitConfig, seed: number, repeat: number): SplitRows {
  const { left, ...counts } = splitCounts(rows, config);
  const order =
    config.order === 'blocks'
      ? Int32Array.from({ length: rows }, (_, row) => row).subarray(left)
      : stream(seed, 'conformal.split', repeat).permutation(rows);
  let at = 0;
  return perPart((part) => Uint32Array.from(order.subarray(at, (at += counts[part]))));
}

/** Whole rows by the largest remainders; an empty part takes a row of the largest. */
function apportion(rows: number, shares: Record<SplitPart, number>): Record<SplitPart, number> {
  const counts = perPart((part) => Math.floor(shares[part] * rows + 1e-9));
  const remainder = (part: SplitPart) => shares[part] * rows - counts[part];
  let missing = rows - SPLIT_PARTS.reduce((sum, part) => sum + counts[part], 0);
  for (const part of [...SPLIT_PARTS].sort((a, b) => remainder(b) - remainder(a)))
    if (missing-- > 0) counts[part] += 1;
  for (const part of SPLIT_PARTS)
    if (counts[part] === 0) {
      const largest = SPLIT_PARTS.reduce((best, other) => (counts[other] > counts[best] ? other : best));
      counts[largest] -= 1;
      counts[part] = 1;
    }
  return counts;
}
