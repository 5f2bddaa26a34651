/** @file Clouds for this folder's tests, and couplings as tables in double precision. */
import { stream } from '../../../../native-models';
import type { Compute } from '../../../compute/types';
import { coupleSinkhorn, type CoupleOptions, type Coupling } from './couple';
import { openKernel, type TileOptions } from './programs';
import { sampleRows } from './sample';
import { centre } from './scale';
import { solveSinkhorn, type SinkhornOptions } from './solve';

export interface Problem {
  x: Float32Array;
  y: Float32Array;
  d: number;
}

/** n standard normal points x and n of deviation `scale` y. */
export function gaussians(n: number, d: number, scale: number, seed = 0): Problem {
  return {
    x: stream(seed, 'x').normal(new Float32Array(n * d)),
    y: stream(seed, 'y')
      .normal(new Float32Array(n * d))
      .map((value) => value * scale),
    d,
  };
}

/** Each coordinate moved and scaled to mean 0 and deviation 1 (x) and s (y), so that the sample's own spread adds no error. */
export function withExactMoments({ x, y, d }: Problem, s: number): Problem {
  const exact = (points: Float32Array, deviation: number) => {
    const centred = centre(points, d);
    const squares = new Float64Array(d);
    centred.forEach((value, k) => (squares[k % d]! += (value ** 2 * d) / points.length));
    return centred.map((value, k) => (value * deviation) / Math.sqrt(squares[k % d]!));
  };
  return { x: exact(x, 1), y: exact(y, s), d };
}

/** P as a table in double precision, from potentials of the cost −x·y. */
export function couplingTable(
  { x, y, d }: Problem,
  f: Float64Array,
  g: Float64Array,
  epsilon: number,
): Float64Array {
  const table = new Float64Array(f.length * g.length);
  for (let i = 0, at = 0; i < f.length; i++)
    for (let j = 0; j < g.length; j++, at++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += x[i * d + k]! * y[j * d + k]!;
      table[at] = Math.exp(f[i]! + g[j]! + dot / epsilon);
    }
  return table;
}

/** Solutions, draws and whole couplings on an engine. */
export function onEngine(compute: Compute) {
  return {
    solved: async ({ x, y, d }: Problem, options: SinkhornOptions, tiles?: TileOptions) => {
      const kernel = await openKernel(compute, x, y, d, tiles);
      const solution = (await solveSinkhorn(kernel, options))!;
      await kernel.close();
      return solution;
    },
    draw: ({ x, y, d }: Problem, g: Float64Array, epsilon: number, seed = 0, tiles?: TileOptions) =>
      sampleRows(compute, { x, y, dimension: d, epsilon, g }, { seed, label: 'draw', ...tiles }),
    /** A whole coupling with the settings of the gates, but for `changes`. */
    couple: async ({ x, y, d }: Problem, changes: Partial<CoupleOptions>, on = compute): Promise<Coupling> =>
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
