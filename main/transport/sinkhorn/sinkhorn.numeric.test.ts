/** @file The draw from a coupling against plain loops, and its bits over tiles and lanes. The gates have files of their own. */
import { describe, expect, it } from 'vitest';
import { uniformAt } from '../../../native-models';
import { planShards } from '../shards';
import { blockLabel, COLUMN_BLOCK, sampleRows } from './sample';
import { engineOfFile, gaussians, lanesOf, onEngine } from './testing';

const compute = engineOfFile();
const withLanes = lanesOf(compute);

const { solved, draw } = onEngine(compute);
const settings = { tolerance: 1e-4, maximumIterations: 5000 };

describe('the draw', () => {
  it('is Gumbel-max over blocks, then over the columns of the block, noise cell by noise cell', async () => {
    const n = 150;
    const gumbel = (label: string, i: number, k: number) => -Math.log(-Math.log(uniformAt(9, label, i, k)));
    const winner = (values: number[]) => values.indexOf(Math.max(...values));
    for (const epsilon of [0.02, 0.3, 5]) {
      const { x, y, d } = gaussians(n, 2, 1.5, 7);
      const { g } = await solved({ x, y, d }, { ...settings, epsilon });
      const { columns, rowEntropy } = await draw({ x, y, d }, g, epsilon, 9);
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

  it('gives the same bits for pieces of 64, 256 and all rows, on one lane, two, or none', async () => {
    const n = 1500;
    expect(planShards(n, n).shards).toBeGreaterThan(2);
    for (const d of [2, 20]) {
      const { x, y } = gaussians(n, d, 1, 5);
      const epsilon = 0.2 * Math.sqrt(d);
      const { g } = await solved({ x, y, d }, { tolerance: 1e-3, maximumIterations: 60, epsilon });
      const clouds = { x, y, dimension: d, epsilon, g };
      const drawn = (await sampleRows(compute, clouds, { seed: 1, label: 'draw' }))!;
      for (const tileRows of [64, 256, n])
        for (const on of [compute, withLanes(1), withLanes(2)]) {
          const again = (await sampleRows(on, clouds, { seed: 1, label: 'draw', tileRows }))!;
          expect(again.columns).toEqual(drawn.columns);
          expect(again.rowEntropy).toEqual(drawn.rowEntropy);
        }
    }
  }, 60_000);
});
