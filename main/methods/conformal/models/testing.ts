/** @file What the tests of base models share: rows of a known function, a context, and the mean squared error. */
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import type { Encoding, Rows, Split } from '../../../tables/encode';
import type { FitContext, TableShape } from '../types';

/** y = (sin 2x₁ + noise, x₁x₂ + noise) in units of spread about 1, from three features of which the last tells nothing. */
export function curvedRows(count: number, seed: number, noise = 0.2): Rows {
  const x = stream(seed, 'test.x').normal(new Float32Array(3 * count));
  const errors = stream(seed, 'test.noise').normal(new Float32Array(2 * count));
  const y = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const [a, b] = [x[3 * row]!, x[3 * row + 1]!];
    y[2 * row] = Math.sin(2 * a) + noise * errors[2 * row]!;
    y[2 * row + 1] = a * b + noise * errors[2 * row + 1]!;
  }
  const index = Uint32Array.from({ length: count }, (_, row) => row);
  return { count, index, x, raw: x, y };
}

/** A split of such rows; only training and test rows matter to base models. */
export function curvedSplit(train: number, test = 500): Split {
  const rest = curvedRows(4, 99);
  return { train: curvedRows(train, 1), fit: rest, calibration: rest, test: curvedRows(test, 2) };
}

/** An encoding that changes nothing. */
export const PLAIN: Encoding = {
  ...{ median: new Float32Array(3), mean: new Float32Array(3), scale: new Float32Array(3).fill(1) },
  ...{ targetMean: new Float32Array(2), targetScale: new Float32Array(2).fill(1) },
};

const SHAPE: TableShape = { d: 2, features: 3 };

export function fitContext(given: Partial<FitContext> = {}): FitContext {
  let time = 0;
  return {
    compute: openCompute({ threads: 1 }),
    device: 'cpu',
    seed: 7,
    shape: SHAPE,
    now: () => (time += 1),
    shouldStop: () => false,
    onProgress: () => undefined,
    ...given,
  };
}

export function squaredErrorOf(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += (left[at]! - right[at]!) ** 2;
  return sum / left.length;
}
