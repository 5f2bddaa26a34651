/** @file Clouds for tests of transport, and couplings as tables in double precision. */
import { afterAll } from 'vitest';
import { stream } from '../../native-models';
import { openCompute } from '../compute/session';
import type { Compute } from '../contract/compute';
import { rowProduct } from '../numerics/points';
import { solveAssignment, type AssignmentOptions } from './assignment';

/** An engine of two threads, open as long as the tests of the file. */
export function engineOfFile(): Compute {
  const compute = openCompute({ threads: 2 });
  afterAll(() => compute.close());
  return compute;
}

/** The same engine with a number of lanes. Their sessions run at the same time, in the runtime's threads. */
export function lanesOf(compute: Compute): (count: number) => Compute {
  const others = [openCompute({ threads: 1 }), openCompute({ threads: 1 })];
  afterAll(async () => {
    for (const one of others) await one.close();
  });
  return (count) => ({ ...compute, lanes: () => Promise.resolve(others.slice(0, count)) });
}

export interface TestClouds {
  x: Float32Array;
  y: Float32Array;
  d: number;
}

/** n standard normal points x and n of deviation `scale` y. */
export function gaussians(n: number, d: number, scale: number, seed = 0): TestClouds {
  return {
    x: stream(seed, 'x').normal(new Float32Array(n * d)),
    y: stream(seed, 'y')
      .normal(new Float32Array(n * d))
      .map((value) => value * scale),
    d,
  };
}

/** P as a table in double precision, from potentials of the cost −x·y. */
export function planTable(
  { x, y, d }: TestClouds,
  f: Float64Array,
  g: Float64Array,
  epsilon: number,
): Float64Array {
  const table = new Float64Array(f.length * g.length);
  for (let i = 0, at = 0; i < f.length; i++)
    for (let j = 0; j < g.length; j++, at++)
      table[at] = Math.exp(f[i]! + g[j]! + rowProduct(x, i, y, j, d) / epsilon);
  return table;
}

/** The column of each row in the permutation of least total cost; null when stopped. */
export function assign(
  cost: Float64Array | Float32Array,
  size: number,
  options?: AssignmentOptions,
): Int32Array | null {
  return solveAssignment(cost, size, options)?.columns ?? null;
}
