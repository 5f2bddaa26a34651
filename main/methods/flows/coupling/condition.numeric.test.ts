/** @file Pairing with classes: what each way does to the noise of a class. */
import { afterAll, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { config as schema } from '../config';
import { noiseSource } from '../points/source';
import type { PairData } from './coupling';
import { cloudPools } from './clouds';

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());
const work = { compute, shouldStop: () => false, onProgress: () => undefined };

const rows = 512;
/** Class 0 lies left, class 1 right; one row in four is of class 1. */
const labels = Int32Array.from({ length: rows }, (_, k) => (k % 4 === 0 ? 1 : 0));
const target = stream(3, 'rows')
  .normal(new Float32Array(2 * rows))
  .map((value, k) => 0.2 * value + (k % 2 === 0 ? 4 * labels[k / 2]! - 2 : 0));
const data: PairData = {
  target,
  training: Int32Array.from({ length: rows }, (_, k) => k),
  source: noiseSource(2),
  labels,
  classes: 2,
};

async function pairsOf(changes: Record<string, unknown>) {
  const config = schema.parse({ poolSize: rows, epsilon: 0.1, condition: 'label', ...changes });
  const paired = (await cloudPools(data, config, 1).pair(work, 0, null))!;
  const x = data.source.drawPool(1, 0, rows);
  const chosen = [...paired.rows.keys()].filter((k) => labels[paired.rows[k]!] === 1);
  const mean = chosen.reduce((sum, k) => sum + x[2 * k]! / chosen.length, 0);
  return { paired, share: chosen.length / rows, mean };
}

it('joint pairs tell the class by the noise, pairs per class do not', async () => {
  const joint = await pairsOf({ conditionCoupling: 'joint' });
  const apart = await pairsOf({ conditionCoupling: 'per-class' });
  // The rightmost quarter of N(0, 1) has the mean 1.27.
  expect(joint.mean).toBeGreaterThan(1);
  expect(apart.share).toBe(0.25);
  expect(Math.abs(apart.mean)).toBeLessThan(4 / Math.sqrt(rows / 4));
  expect(apart.paired.report.metrics['coupling.cost']).toBeGreaterThan(
    joint.paired.report.metrics['coupling.cost']!,
  );
});

it('a penalty goes from the one to the other, and leaves ε alone', async () => {
  const [none, some, large] = await Promise.all(
    [0, 1, 100].map((conditionWeight) => pairsOf({ conditionCoupling: 'weighted', conditionWeight })),
  );
  const joint = await pairsOf({ conditionCoupling: 'joint' });
  expect(none!.paired).toEqual(joint.paired);
  expect(some!.mean).toBeLessThan(none!.mean);
  expect(large!.mean).toBeLessThan(some!.mean);
  expect(Math.abs(large!.mean)).toBeLessThan(4 / Math.sqrt(rows / 4));
  // Were ε relative to the cost with the class codes, a hundredfold penalty would blur everything within a class.
  const apart = await pairsOf({ conditionCoupling: 'per-class' });
  expect(large!.paired.report.metrics['coupling.cost']).toBeLessThan(
    1.25 * apart.paired.report.metrics['coupling.cost']!,
  );
});

it('works for exact assignments, and for classes of one or of equal rows', async () => {
  const apart = await pairsOf({ coupling: 'assignment', conditionCoupling: 'per-class' });
  expect(new Set(apart.paired.rows).size).toBe(rows);
  const odd: PairData = {
    ...data,
    target: target.map((value, k) => (labels[k >> 1] === 1 ? 3 : value)),
    labels: labels.map((code, k) => (k === 1 ? 2 : code)),
    classes: 4,
  };
  const config = schema.parse({ poolSize: rows, condition: 'label' });
  const paired = (await cloudPools(odd, config, 1).pair(work, 0, null))!;
  const counts = [0, 0, 0];
  for (const row of paired.rows) counts[odd.labels![row]!]!++;
  expect(counts).toEqual([383, 128, 1]);
});
