/** @file Explicit Runge–Kutta methods on a grid of times: Euler, midpoint, Heun and the classical fourth-order method. */
import { timeGrid } from './grids';

/** v(t, x) for all particles at once, time running from 0 (source) to 1 (data): `points` and the answer are row-major [n, dimension]. */
export type Velocity = (time: number, points: Float32Array) => Promise<Float32Array>;

/** Called with every state on the path, the start and the end included. */
export type Observe = (time: number, points: Float32Array) => void;

export interface Solution {
  /** [n, dimension] at time 1. */
  points: Float32Array;
  /** Function evaluations spent per particle (NFE). */
  evaluations: number;
}

/** Butcher tableaus with one non-zero per row: stage s starts from x + h·a[s]·k[s−1]. A step takes as many evaluations as there are weights. */
const tableaus = {
  euler: { offsets: [0], weights: [1] },
  midpoint: { offsets: [0, 1 / 2], weights: [0, 1] },
  heun: { offsets: [0, 1], weights: [1 / 2, 1 / 2] },
  rk4: { offsets: [0, 1 / 2, 1 / 2, 1], weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6] },
};

export type FixedSolver = keyof typeof tableaus;

/** The number of steps that spends at most `evaluations`, but always at least one step. */
export function stepsFor(solver: FixedSolver, evaluations: number): number {
  return Math.max(1, Math.floor(evaluations / tableaus[solver].weights.length));
}

/** Integrates from time 0 to 1 in `steps` equal steps, or along ascending times that begin at 0 and end at 1. */
export async function solveFixed(
  velocity: Velocity,
  start: Float32Array,
  solver: FixedSolver,
  steps: number | Float64Array,
  observe?: Observe,
): Promise<Solution> {
  const { offsets, weights } = tableaus[solver];
  const times = typeof steps === 'number' ? timeGrid('uniform', steps) : steps;
  const intervals = times.length - 1;
  let points = start.slice();
  observe?.(0, points);
  for (let step = 0; step < intervals; step++) {
    const time = times[step]!;
    const size = typeof steps === 'number' ? 1 / steps : times[step + 1]! - time;
    const next = points.slice();
    let slope: Float32Array | undefined;
    for (let stage = 0; stage < weights.length; stage++) {
      const offset = offsets[stage]!;
      const before = slope;
      const at = before && offset > 0 ? points.map((value, k) => value + size * offset * before[k]!) : points;
      slope = await velocity(time + size * offset, at);
      const weight = size * weights[stage]!;
      if (weight > 0) for (let k = 0; k < next.length; k++) next[k]! += weight * slope[k]!;
    }
    points = next;
    observe?.(times[step + 1]!, points);
  }
  return { points, evaluations: intervals * weights.length };
}
