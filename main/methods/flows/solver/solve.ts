/** @file One entry to all solvers: a name and a budget of function evaluations in, points and evaluations spent out. */
import type { FlowSolver } from '../view';
import { solveDopri5 } from './dopri5';
import { solveFixed, stepsFor } from './fixed';
import type { Observe, Solution, Velocity } from './types';

export interface SolveOptions {
  solver: FlowSolver;
  /** Asked function evaluations; the adaptive solver chooses its own. */
  evaluations: number;
  dimension: number;
}

/** Moves `start` [n, dimension] from time 0 to 1 along the velocity. */
export function solve(
  velocity: Velocity,
  start: Float32Array,
  options: SolveOptions,
  observe?: Observe,
): Promise<Solution> {
  const { solver, evaluations, dimension } = options;
  return solver === 'dopri5'
    ? solveDopri5(velocity, start, { dimension }, observe)
    : solveFixed(velocity, start, solver, stepsFor(solver, evaluations), observe);
}
