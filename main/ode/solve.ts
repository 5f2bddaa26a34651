/** @file One entry to all solvers: a name and a budget of function evaluations in, points and evaluations spent out. */
import { solveDopri5 } from './dopri5';
import { dpmIntervals, solveDpm } from './dpm';
import { solveFixed, stepsFor, type FixedSolver, type Observe, type Velocity } from './fixed';
import { timeGrid, type TimeGrid } from './grids';

/** The solvers by name; all but `dopri5` take a fixed number of steps. */
export type FlowSolver = FixedSolver | 'dopri5' | 'dpm2';

export interface SolveOptions {
  solver: FlowSolver;
  /** Asked function evaluations; the adaptive solver chooses its own. */
  evaluations: number;
  dimension: number;
  /** Where the steps of a fixed solver lie; uniform by default. The adaptive solver places its own. */
  grid?: TimeGrid | undefined;
}

/** Moves `start` [n, dimension] from time 0 to 1 along the velocity. */
export function solve(velocity: Velocity, start: Float32Array, options: SolveOptions, observe?: Observe) {
  const { solver, evaluations, dimension, grid = 'uniform' } = options;
  if (solver === 'dopri5') return solveDopri5(velocity, start, { dimension }, observe);
  if (solver === 'dpm2')
    return solveDpm(velocity, start, timeGrid(grid, dpmIntervals(evaluations)), 2, observe);
  const steps = stepsFor(solver, evaluations);
  return solveFixed(velocity, start, solver, grid === 'uniform' ? steps : timeGrid(grid, steps), observe);
}
