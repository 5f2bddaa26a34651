/** @file Clouds for this folder's tests, and what an engine makes of them. */
import type { Compute } from '../../contract/compute';
import { coupleSinkhorn, type CoupleOptions, type SinkhornCoupling } from './couple';
import type { TileOptions } from '../kernel';
import { openKernel } from '../programs';
import type { TestClouds } from '../testing';
import { sampleRows } from './sample';

export { engineOfFile, gaussians, lanesOf, planTable, type TestClouds } from '../testing';
import { centre } from '../../numerics/points';
import { solveSinkhorn, type SinkhornOptions } from '../solve';

/** Each coordinate moved and scaled to mean 0 and deviation 1 (x) and s (y), so that the sample's own spread adds no error. */
export function withExactMoments({ x, y, d }: TestClouds, s: number): TestClouds {
  const exact = (points: Float32Array, deviation: number) => {
    const centred = centre(points, d);
    const squares = new Float64Array(d);
    centred.forEach((value, k) => (squares[k % d]! += (value ** 2 * d) / points.length));
    return centred.map((value, k) => (value * deviation) / Math.sqrt(squares[k % d]!));
  };
  return { x: exact(x, 1), y: exact(y, s), d };
}

/** Solutions, draws and whole couplings on an engine. */
export function onEngine(compute: Compute) {
  return {
    solved: async ({ x, y, d }: TestClouds, options: SinkhornOptions, tiles?: TileOptions) => {
      const kernel = await openKernel(compute, x, y, d, tiles);
      const solution = (await solveSinkhorn(kernel, options))!;
      await kernel.close();
      return solution;
    },
    /** Columns, entropies, and E(P) of the square case: mean row entropy / log n. */
    draw: async (
      { x, y, d }: TestClouds,
      g: Float64Array,
      epsilon: number,
      seed = 0,
      tiles?: TileOptions,
    ) => {
      const clouds = { x, y, dimension: d, epsilon, g };
      const drawn = (await sampleRows(compute, clouds, { seed, label: 'draw', ...tiles }))!;
      const mean = drawn.rowEntropy.reduce((sum, value) => sum + value, 0) / drawn.rowEntropy.length;
      return { ...drawn, sharpness: mean / Math.log(drawn.rowEntropy.length) };
    },
    /** A whole coupling with the settings of the gates, but for `changes`. */
    couple: async (
      { x, y, d }: TestClouds,
      changes: Partial<CoupleOptions>,
      on = compute,
    ): Promise<SinkhornCoupling> =>
      (await coupleSinkhorn(on, x, y, d, {
        epsilon: 0.1,
        tolerance: 1e-4,
        maximumIterations: 20000,
        momentum: 'adaptive',
        seed: 3,
        label: 'gate',
        ...changes,
      }))!,
  };
}

/** P as a table in double precision, from the potentials of either cost; not of projected points. */
export function planOf({ x, y, d }: TestClouds, coupling: SinkhornCoupling, squared = false): Float64Array {
  const { f, g, epsilon, deviation } = coupling;
  const [left, right] = [centre(x, d), centre(y, d)];
  const table = new Float64Array(f.length * g.length);
  for (let i = 0, at = 0; i < f.length; i++)
    for (let j = 0; j < g.length; j++, at++) {
      let cost = 0;
      for (let k = 0; k < d; k++)
        cost += squared
          ? (left[i * d + k]! - right[j * d + k]!) ** 2 / 2
          : -left[i * d + k]! * right[j * d + k]!;
      table[at] = Math.exp(f[i]! + g[j]! - cost / (epsilon * deviation));
    }
  return table;
}

/** ½‖x_i−y_j‖². */
function pairCost({ x, y, d }: TestClouds, i: number, j: number): number {
  let cost = 0;
  for (let k = 0; k < d; k++) cost += (x[i * d + k]! - y[j * d + k]!) ** 2 / 2;
  return cost;
}

/** Mean of ½‖x_i−y_j‖² over the drawn pairs. */
export function drawnCost(problem: TestClouds, { rows, columns }: SinkhornCoupling): number {
  return rows.reduce((sum, row, k) => sum + pairCost(problem, row, columns[k]!), 0) / rows.length;
}

/** Σ_i |Σ_j P_ij − 1/n| over rows, and the same over columns. */
export function marginalErrors(plan: Float64Array, n: number): { rows: number; columns: number } {
  const sums = [new Float64Array(n), new Float64Array(n)] as const;
  plan.forEach((share, at) => {
    sums[0][Math.floor(at / n)]! += share;
    sums[1][at % n]! += share;
  });
  const [rows, columns] = sums.map((own) => own.reduce((error, sum) => error + Math.abs(sum - 1 / n), 0));
  return { rows: rows!, columns: columns! };
}
