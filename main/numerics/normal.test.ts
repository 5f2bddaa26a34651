import { describe, expect, it } from 'vitest';
import { logNormalMass, normalBelow } from './normal';

describe('probabilities of the standard normal', () => {
  // From 60-digit arithmetic.
  it.each([
    [-1, 1, -0.3817151463021261],
    [0, Infinity, -0.6931471805599453],
    [-Infinity, -10, -53.23128515051247],
    [3, 3.5, -6.796868006683433],
    [40, 41, -804.6084420137538],
  ])('are exact in the middle and far out: %d to %d', (a, b, expected) => {
    expect(logNormalMass(a, b)).toBeCloseTo(expected, 9);
    expect(logNormalMass(-b, -a)).toBeCloseTo(expected, 9);
  });

  it('grow from 0 to 1', () => {
    expect(normalBelow(-Infinity)).toBe(0);
    expect(normalBelow(0)).toBeCloseTo(0.5, 15);
    expect(normalBelow(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalBelow(Infinity)).toBe(1);
    expect(logNormalMass(1, 1)).toBe(-Infinity);
  });
});
