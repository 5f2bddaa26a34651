/** @file Clouds for tests of transport, and couplings as tables in double precision. */
import { stream } from '../../native-models';

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
