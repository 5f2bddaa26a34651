/** @file Sets of known shape for the tests of geometry. */
import type { ScoredSet, Units } from './set';

/** {y : score(y) ≤ radius} from a score of one point, with the points counted that were asked for. */
export function setOf(
  d: number,
  radius: number,
  score: (y: Float32Array) => number,
): ScoredSet & { asked: number } {
  return {
    d,
    radius,
    asked: 0,
    async evaluate(y) {
      this.asked += y.length / d;
      return Float64Array.from({ length: y.length / d }, (_, row) =>
        score(y.subarray(row * d, (row + 1) * d)),
      );
    },
  };
}

export function standardUnits(d: number): Units {
  return { shift: new Float64Array(d), unit: new Float64Array(d).fill(1) };
}

/** ‖L⁻¹ y‖ for a lower factor L [d, d] of rows. */
export function ellipsoidScore(factor: readonly (readonly number[])[]): (y: Float32Array) => number {
  return (y) => {
    const solved: number[] = [];
    for (const [j, row] of factor.entries()) {
      let value = y[j]!;
      for (let k = 0; k < j; k++) value -= row[k]! * solved[k]!;
      solved.push(value / row[j]!);
    }
    return Math.hypot(...solved);
  };
}
