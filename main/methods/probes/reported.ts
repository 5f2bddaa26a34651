/** @file Which of the captured hooks a run reports: that of the settings, else the best one on validation items. */
import type { CapturedHook } from './capture';

/**
 * The hook of `block`, or that with the largest mean of the tasks' own validation AUCs [hooks, positions, tasks] at one
 * position; the last one where none was measured yet.
 */
export function reportedHook(
  hooks: readonly CapturedHook[],
  block: number,
  validation: ArrayLike<number>,
  { position, positions, tasks }: { position: number; positions: number; tasks: number },
): CapturedHook {
  const asked = hooks.find((hook) => hook.block === block);
  if (asked) return asked;
  let best = { hook: hooks.at(-1)!, mean: -Infinity };
  hooks.forEach((hook, at) => {
    const from = (at * positions + position) * tasks;
    let mean = 0;
    for (let task = 0; task < tasks; task += 1) mean += (validation[from + task] ?? NaN) / tasks;
    if (mean > best.mean) best = { hook, mean };
  });
  return best.hook;
}
