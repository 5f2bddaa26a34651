/** @file What every ODE solver of the flow takes and gives. Time runs from 0 (source) to 1 (data). */
import type { FixedSolver } from './fixed';

/** v(t, x) for all particles at once: `points` and the answer are row-major [n, dimension]. */
export type Velocity = (time: number, points: Float32Array) => Promise<Float32Array>;

/** The solvers by name; all but `dopri5` take a fixed number of steps. */
export type FlowSolver = FixedSolver | 'dopri5' | 'dpm2';

/** Called with every state on the path, the start and the end included. */
export type Observe = (time: number, points: Float32Array) => void;

export interface Solution {
  /** [n, dimension] at time 1. */
  points: Float32Array;
  /** Function evaluations spent per particle (NFE). */
  evaluations: number;
}
