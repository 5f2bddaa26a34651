/** @file The exact pairing with a Sinkhorn start against the plain one. */
import { expect, it } from 'vitest';
import { stream } from '../../native-models';
import { openCompute } from '../compute/session';
import { coupleExactly, negativeProducts } from './exact';
import { assign } from './testing';

it('is the same permutation, whatever the search starts from', async () => {
  const compute = openCompute({ threads: 1 });
  for (const [n, d] of [
    [100, 2],
    [400, 2],
    [400, 5],
  ] as const) {
    const x = stream(n, 'x').normal(new Float32Array(n * d));
    const y = stream(n, 'y').normal(new Float32Array(n * d));
    const { columns } = (await coupleExactly(compute, x, y, d))!;
    expect([...columns]).toEqual([...assign(negativeProducts(x, y, d), n)!]);
  }
  await expect(
    coupleExactly(compute, new Float32Array(5000), new Float32Array(5000), 1),
  ).rejects.toMatchObject({
    code: 'assignment-pool-too-large',
  });
  const line = stream(0, 'line').normal(new Float32Array(300));
  expect(await coupleExactly(compute, line, line, 1, { shouldStop: () => true })).toBeNull();
  await compute.close();
});
