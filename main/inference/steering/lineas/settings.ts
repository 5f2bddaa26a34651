/** @file What a LinEAS fit can be told. */

/** Fewer texts of a step than this tell too little of a distribution. */
export const LEAST_BATCH = 4;

export interface LineasSettings {
  steps: number;
  /** Learning rate for the mean over units of the loss: .1 as in the released recipe for SGD, .01 to .03 for Adam. */
  rate: number;
  optimiser: 'sgd' | 'adam';
  /**
   * Strengths of the sparse group lasso, 0 for none. Of SGD: a unit whose distance pulls with less than `units` (twice its mean
   * shift, in the hook's scale) goes off, and a hook whose units pull with less than `hooks` (root mean square). Adam pulls
   * with at most 1 whatever the distance.
   */
  lasso: { units: number; hooks: number };
  /** Texts of each side in a step, at least 4; all where there are fewer. */
  batch: number;
  /** Whether first tokens are pooled and steered. */
  first: boolean;
  seed: number;
}
