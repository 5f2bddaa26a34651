/** @file Minima that are known. */
import { expect, it } from 'vitest';
import { minimised } from './lbfgs';

it('finds the minimum of Rosenbrock’s valley, and of a bowl in many dimensions', () => {
  const valley = minimised(
    Float64Array.of(-1.2, 1),
    ([x, y], gradient) => {
      gradient[0] = -2 * (1 - x!) - 400 * x! * (y! - x! ** 2);
      gradient[1] = 200 * (y! - x! ** 2);
      return (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2;
    },
    { tolerance: 1e-8, iterations: 200 },
  );
  expect(valley.value).toBeLessThan(1e-12);
  expect(valley.point[0]).toBeCloseTo(1, 6);
  const bowl = minimised(
    new Float64Array(50).fill(3),
    (point, gradient) => {
      let value = 0;
      point.forEach((entry, k) => {
        gradient[k] = 2 * (k + 1) * (entry - k);
        value += (k + 1) * (entry - k) ** 2;
      });
      return value;
    },
    { tolerance: 1e-8, iterations: 200 },
  );
  bowl.point.forEach((entry, k) => expect(entry).toBeCloseTo(k, 6));
});
