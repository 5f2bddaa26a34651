/** @file The control of random weights: the reported place of the same model with every weight drawn anew, captured and kept like any. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { ProbePosition } from '../../contract/probes';
import type { TaskRows } from '../../probes/place';
import { tasksAt, type ReadPart } from './activations';
import {
  capturedBytes,
  captureStretch,
  checkRoom,
  stretchEnd,
  writeHeads,
  type CapturedHook,
} from './capture';
import { removedOf, type Inputs, type ProbesConfig } from './config';
import { namedItems, type RunItems } from './items';

interface RandomWeightsRun {
  context: RunContext;
  inputs: Inputs;
  config: ProbesConfig;
  items: RunItems;
  hook: CapturedHook;
  position: ProbePosition;
  read: ReadPart;
  /** Rows that a stopped run has captured. */
  captured: number;
  /** Called as rows are written. */
  told: (captured: number) => Promise<void>;
}

/**
 * Activations of every task in the model with random weights. `missing` where the model's weights cannot be replaced, null
 * where a stop was asked for.
 */
export async function randomWeightsTasks(run: RandomWeightsRun): Promise<TaskRows[] | 'missing' | null> {
  const { context, inputs, config, items, hook, position, read, told } = run;
  const all = namedItems(items);
  const [hooks, positions] = [[hook], [position]];
  try {
    const session = await inputs.model.language({
      threads: context.compute.threads,
      randomWeights: context.seed,
    });
    let { captured } = run;
    if (captured === 0) {
      checkRoom(capturedBytes(all.length, hooks, positions.length), await context.freeBytes());
      await writeHeads(context, hooks, positions, all.length, 'random');
    }
    while (captured < all.length) {
      context.progress({ stage: 'capturing random weights', step: captured, steps: all.length });
      const to = stretchEnd(captured, all.length, hooks, positions.length);
      const about = { from: captured, to, hooks, positions, weights: 'random' as const };
      if (
        !(await captureStretch(context, session, all, {
          ...about,
          // Numbers that are drawn are in no blocks of 4 bits.
          config: { ...config, level: 'fp32' },
        }))
      )
        return null;
      captured = to;
      await told(captured);
    }
  } catch (thrown) {
    if (thrown instanceof MongeError && thrown.code === 'weights-fixed') return 'missing';
    throw thrown;
  }
  return tasksAt(read, items, hook, position, removedOf(config), 'random');
}
