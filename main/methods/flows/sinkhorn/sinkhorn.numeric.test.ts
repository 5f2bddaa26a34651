/** @file Sinkhorn on ONNX Runtime against plain loops: half-steps and the draw. The gates have files of their own. */
import { afterAll, describe, expect, it } from 'vitest';
import { stream, uniformAt } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { openKernel } from './programs';
import { blockLabel, COLUMN_BLOCK } from './sample';
import { costDeviation } from './scale';
import { couplingTable, gaussians, onEngine } from './testing';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

const { solved, draw } = onEngine(compute);
const settings = { tolerance: 1e-4, maximumIterations: 5000 };

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
    const table = couplingTable({ x, y: some, d }, new Float64Array(n), new Float64Array(m), 0.3);
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

describe('the draw', () => {
  it('is Gumbel-max over blocks, then over the columns of the block, noise cell by noise cell', async () => {
    const n = 150;
    const gumbel = (label: string, i: number, k: number) => -Math.log(-Math.log(uniformAt(9, label, i, k)));
    const winner = (values: number[]) => values.indexOf(Math.max(...values));
    for (const epsilon of [0.02, 0.3, 5]) {
      const { x, y, d } = gaussians(n, 2, 1.5, 7);
      const { g } = await solved({ x, y, d }, { ...settings, epsilon });
      const { columns, rowEntropy } = (await draw({ x, y, d }, g, epsilon, 9))!;
      for (let i = 0; i < n; i++) {
        const scores = Array.from({ length: n }, (_, j) => {
          const dot = x[2 * i]! * y[2 * j]! + x[2 * i + 1]! * y[2 * j + 1]!;
          return dot / epsilon + g[j]!;
        });
        const parts = [0, 1, 2].map((b) => scores.slice(b * COLUMN_BLOCK, (b + 1) * COLUMN_BLOCK));
        const sums = parts.map((part) => part.reduce((sum, score) => sum + Math.exp(score), 0));
        const block = winner(sums.map((sum, b) => Math.log(sum) + gumbel(blockLabel('draw'), i, b)));
        const first = block * COLUMN_BLOCK;
        const column = first + winner(parts[block]!.map((s, k) => s + gumbel('draw', i, first + k)));
        expect(columns[i]).toBe(column);
        const total = sums.reduce((sum, part) => sum + part, 0);
        const entropy = scores.reduce((sum, score) => {
          const p = Math.exp(score) / total;
          return p > 0 ? sum - p * Math.log(p) : sum;
        }, 0);
        expect(rowEntropy[i]).toBeCloseTo(entropy, 3);
      }
    }
  });
});
