/** @file What a pruner is: whether a trial should end, from what all trials have reported until then. */
import type { Json } from '../../contract/schema';
import type { TrialState } from '../../contract/study';

/** What is known of a trial's curve; smaller is better. Means over seeds where several have reported a step. */
export interface TrialCurve {
  trial: number;
  state: TrialState;
  /** Ascending; steps are those of the method. */
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  /** Steps of the whole trial: rungs are compared at equal shares of it. */
  length: number;
}

export interface Pruner {
  /**
   * Why the trial should end at its last reported step, in words with numbers such as “rung 93: rank 97 of 213”; null to go
   * on. A function of the curves as they are.
   */
  judge(trial: TrialCurve, others: readonly TrialCurve[]): string | null;
  /** Steps at which the pruner looks, for a trial of this length, for drawing; null where it looks at every report. */
  rungs(length: number): number[] | null;
}

export type PrunerFactory = (options: Readonly<Record<string, Json>>) => Pruner;
