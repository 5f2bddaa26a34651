/** @file Sums over all pairs on ONNX Runtime against plain loops, and the deviation that comes with a kept table. */
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { openCompute } from '../compute/session';
import { openKernel } from './programs';
import { costDeviation } from './scale';
import { planTable, gaussians } from './testing';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

describe('the half-step', () => {
  it.each([
    ['scanned tiles', 2, {}],
    ['tiles that do not divide n', 3, { tileRows: 16 }],
    ['pieces of two blocks', 2, { tileRows: 128 }],
    ['a kept table', 40, { keepTable: true }],
  ] as const)('agrees with plain loops: %s', async (_name, d, tiles) => {
    const { x, y } = gaussians(70, d, 1.5);
    const [n, m] = [70, 60];
    const some = y.subarray(0, m * d);
    const kernel = await openKernel(compute, x, some, d, tiles);
    const g = Float64Array.from(stream(0, 'g').normal(new Float32Array(m)));
    const rows = await kernel.reduceRows(g, 0.3);
    const columns = await kernel.reduceColumns(new Float64Array(n), 0.3);
    await kernel.close();
    const table = planTable({ x, y: some, d }, new Float64Array(n), new Float64Array(m), 0.3);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += table[i * m + j]! * Math.exp(g[j]!);
      expect(rows[i]).toBeCloseTo(Math.log(sum), 3);
    }
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += table[i * m + j]!;
      expect(columns[j]).toBeCloseTo(Math.log(sum), 3);
    }
  });
});

it('a kept table knows the deviation of the cost without the moments', async () => {
  const { x, y, d } = gaussians(90, 40, 1.5);
  const kernel = await openKernel(compute, x, y, d, { keepTable: true });
  expect(kernel.deviation! / costDeviation(x, y, d)).toBeCloseTo(1, 4);
  await kernel.close();
});
