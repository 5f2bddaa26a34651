/** @file The two kinds of dimensions: ranges of numbers, and lists of choices. */
import type { Dimension } from '../../contract/study';

export type RangeDimension = Extract<Dimension, { low: number }>;
export type ChoiceDimension = Extract<Dimension, { choices: unknown[] }>;

export function isRange(dimension: Dimension): dimension is RangeDimension {
  return dimension.type === 'float' || dimension.type === 'int';
}
