/** @file What a run of several repeats says of its progress. */
import { expect, it } from 'vitest';
import type { RunContext } from '../../../contract/define';
import { config } from '../config';
import { runRepeats } from './repeats';

it('a finished run has come to its last step, whatever its evaluations reported last', async () => {
  const marks: [step: number, steps: number][] = [];
  const nothing = () => undefined;
  const context = {
    ...{ resume: null, seed: 0 },
    ...{ now: () => 0, stopRequested: () => false, notice: nothing, metric: nothing, final: nothing },
    ...{ keep: async () => undefined, checkpoint: async () => undefined },
    progress: ({ step, steps }) => void marks.push([step, steps]),
  } as Partial<RunContext> as RunContext;
  const run = await runRepeats(
    context,
    config.parse({ repeats: 2 }),
    async (split, repeat) => {
      split.onProgress('base model', 0.4);
      return { result: repeat, metrics: [], final: () => ({}), notices: [], stored: () => ({}) };
    },
    { keepsShown: false },
  );
  expect(run.state).toBe('done');
  expect(marks).toEqual([
    [40, 200],
    [100, 200],
    [140, 200],
    [200, 200],
  ]);
});
