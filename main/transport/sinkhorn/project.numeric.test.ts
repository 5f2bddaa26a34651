/** @file The projected cost on ONNX Runtime: products, shares of variance, and the data it was made for. */
import { afterAll, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { fitProjection, projectPoints, secondMomentOn } from './project';
import { centre } from '../../numerics/points';
import { secondMoment } from '../scale';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

/** Normal points of deviation 1, .9, .81, … along the coordinates. */
function slanted(count: number, dimension: number): Float32Array {
  const points = stream(3, 'slanted').normal(new Float32Array(count * dimension));
  return centre(
    points.map((value, k) => value * 0.9 ** (k % dimension)),
    dimension,
  );
}

it('sums second moments chunk by chunk as plain loops do', async () => {
  const points = slanted(3000, 7);
  const expected = secondMoment(points, 7);
  (await secondMomentOn(compute, points, 7)).forEach((value, k) =>
    expect(value).toBeCloseTo(expected[k]!, 6),
  );
});

it('keeps every product where the data lie in the components, and the largest share of variance otherwise', async () => {
  const d = 120;
  const flat = slanted(400, d).map((value, k) => (k % d < 4 ? value : 0));
  const other = stream(4, 'other').normal(new Float32Array(50 * d));
  const projection = await fitProjection(compute, flat, d, 4);
  expect(projection.explained).toBeCloseTo(1, 6);
  const [left, right] = [
    await projectPoints(compute, other, projection),
    await projectPoints(compute, flat, projection),
  ];
  for (let i = 0; i < 50; i++)
    for (let j = 0; j < 400; j += 37) {
      let [whole, part] = [0, 0];
      for (let k = 0; k < d; k++) whole += other[i * d + k]! * flat[j * d + k]!;
      for (let k = 0; k < 4; k++) part += left[i * 4 + k]! * right[j * 4 + k]!;
      expect(part).toBeCloseTo(whole, 4);
    }
  const points = slanted(4000, d);
  const { explained } = await fitProjection(compute, points, d, 6);
  const share = (1 - 0.81 ** 6) / (1 - 0.81 ** d);
  expect(Math.abs(explained - share)).toBeLessThan(0.02);
});
