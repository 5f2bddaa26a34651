/** @file The small flow-matching program under the driver, for the tests of the driver. */
import { adamw, initialState } from '../../../native-models';
import { HYPER, toyFeeds, toyNetwork, toyProgram } from '../../../native-models/testing/toy-program';
import { Training, type TrainingOptions } from '../training';
import type { Compute } from '../../contract/compute';

/** Every batch follows from the number of its step. The clock stands still unless another is given. */
export function toyTraining(compute: Compute, more: Partial<TrainingOptions> = {}): Training {
  const form = more.device === 'webgpu' ? 'straight' : 'loop';
  const single = toyProgram(adamw(), 1);
  return new Training({
    compute,
    label: 'toy',
    device: 'cpu',
    build: (chunk) => toyProgram(adamw(), chunk, form),
    start: (program) => initialState(program, toyNetwork.initialise(1)),
    fill(step, batch) {
      const feeds = toyFeeds(single, step);
      for (const [name, data] of Object.entries(batch)) data.set(feeds[name]!.data);
    },
    schedule: (step) => ({ learningRate: 1e-2 / (1 + step) }),
    hyper: () => HYPER,
    now: () => 0,
    ...more,
  });
}
