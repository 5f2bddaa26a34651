/** @file What the check of a move tells apart: a straight effect, a bent one, none, and one too small to be told from rounding. */
import { describe, expect, it } from 'vitest';
import { perturbation, worthSmaller } from './checks';

/** Effects of a move of this size, and of half of it, by a function of the size; what is observed has size 1. */
function effectOf(change: (move: number) => number, move: number) {
  const at = (size: number) => Float32Array.from({ length: 8 }, (_, k) => (k % 2 ? -1 : 1) * change(size));
  return { whole: at(move), half: at(move / 2) };
}

describe('a move', () => {
  it('whose effect doubles with it is a hook’s', () => {
    expect(
      perturbation(
        effectOf((x) => 3 * x, 1e-3),
        1,
      ).ok,
    ).toBe(true);
  });

  it('without effect is that of a dead hook, which no smaller one brings to life', () => {
    const none = effectOf(() => 0, 1e-3);
    expect(perturbation(none, 1)).toMatchObject({ ok: false, value: Infinity });
    expect(worthSmaller(none, 1)).toBe(false);
  });

  it('that bends is tried smaller, where a smooth curve is straight and a step is not', () => {
    const curve = (x: number) => 100 * x + 3e4 * x * x;
    expect(perturbation(effectOf(curve, 1e-2), 1).ok).toBe(false);
    expect(worthSmaller(effectOf(curve, 1e-2), 1)).toBe(true);
    expect(perturbation(effectOf(curve, 1e-4), 1).ok).toBe(true);
    const step = (x: number) => (x > 0 ? 0.5 : 0);
    expect(perturbation(effectOf(step, 1e-4), 1).ok).toBe(false);
  });

  it('too small to be told from rounding is not tried smaller still', () => {
    expect(
      worthSmaller(
        effectOf((x) => x, 1e-4),
        1,
      ),
    ).toBe(false);
  });
});
