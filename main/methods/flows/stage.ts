/** @file Progress of the stages around training. */
import type { RunContext } from '../../contract/define';

/** Shows how far a stage is whose steps are stages or shares of the work: their speed would tell a person nothing. */
export function showStage(
  context: Pick<RunContext, 'progress'>,
  stage: string,
  step: number,
  steps: number,
  secondsLeft?: number,
): void {
  context.progress({
    stage,
    step,
    steps,
    stepsPerSecond: null,
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  });
}
