/** @file The parts of the Coupling tab's answers that need no solver: blur, order, intrinsic dimension. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { circularBlur } from './coupling-studies';
import { sortedOrders } from './coupling';
import { intrinsicDimension } from '../../../numerics/neighbours';

describe('circular blur', () => {
  const [height, width, channels] = [6, 8, 2];
  it('keeps the sum of every channel, wraps, and treats channels apart', () => {
    const image = new Float32Array(height * width * channels);
    image[0] = 1;
    const blurred = circularBlur(image, { height, width, channels }, 1);
    const sum = (channel: number) =>
      blurred.filter((_, at) => at % channels === channel).reduce((s, v) => s + v, 0);
    expect(sum(0)).toBeCloseTo(1, 5);
    expect(sum(1)).toBe(0);
    // One pixel to the left of the corner is the right edge; one above is the bottom edge.
    expect(blurred[(width - 1) * channels]).toBeCloseTo(blurred[channels]!, 6);
    expect(blurred[(height - 1) * width * channels]).toBeCloseTo(blurred[width * channels]!, 6);
    expect(blurred[channels]! / blurred[0]!).toBeCloseTo(Math.exp(-0.5), 5);
  });
});

describe('order', () => {
  const target = Float32Array.of(3, 3.1, 1, 1, 2, 2);
  const source = Float32Array.of(5, 5, -4, -4, 0, 0);
  it('follows the direction of largest variance', () => {
    const { rowOrder, columnOrder } = sortedOrders(source, target, null);
    expect([...rowOrder]).toEqual([1, 2, 0]);
    expect([...columnOrder]).toEqual([1, 2, 0]);
  });
  it('puts classes first', () => {
    const classes = Int32Array.of(0, 1, 0);
    const likeliest = Int32Array.of(1, 0, 2);
    const { rowOrder, columnOrder } = sortedOrders(source, target, { classes, likeliest });
    expect([...columnOrder]).toEqual([2, 0, 1]);
    expect([...rowOrder]).toEqual([1, 2, 0]);
  });
});

describe('intrinsic dimension', () => {
  it.each([1, 2, 5])('of a cube of %i dimensions inside eight columns', (r) => {
    const count = 1500;
    const uniform = stream(4, 'cube').uniform(new Float32Array(count * r));
    const points = Float32Array.from(
      { length: count * 8 },
      (_, at) => uniform[Math.floor(at / 8) * r + (at % r)]!,
    );
    // Standard error about r/√m, and a cube's faces lower it a little.
    expect(Math.abs(intrinsicDimension(points, 8) / r - 1)).toBeLessThan(0.15);
  });
  it('is not a number for points that coincide', () => {
    expect(intrinsicDimension(new Float32Array(20), 2)).toBeNaN();
  });
});
