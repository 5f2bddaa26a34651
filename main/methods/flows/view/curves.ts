/** @file Questions about the quality of samples over budgets, and the answers' shapes. */
import type { FlowSolver } from './motion';

/** `curves`: distance of generated points to held-out rows at each budget, with the model as of a snapshot. */
export interface CurvesArguments {
  step: number | 'latest';
  solver: FlowSolver;
  /** Function evaluations asked for; dopri5 chooses its own. */
  evaluations: number[];
  /** At most so many points in each cloud; fewer where there are fewer held-out rows. */
  count: number;
}
export interface CurvesAnswer {
  step: number;
  /** Points in each cloud. */
  count: number;
  /** Evaluations spent, in the order asked. */
  evaluations: number[];
  /** Sliced 2-Wasserstein distance per budget, in data units. */
  slicedW2: number[];
  /** The distance between training and held-out rows at the same size. */
  floor: number;
}
