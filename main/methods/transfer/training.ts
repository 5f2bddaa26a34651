/** @file The training of a run without what surrounds it: others train the same with hyperparameters of their own. */
import { schedules } from '../../../native-models';
import type { TrainSpec } from '../../training/loop';
import type { TransferConfig } from './config';
import { programOfShape, type networkOf, type Shape } from './network';
import { hyperInputs, startOf, type resolvedOf } from './scaling';
import { fillStretches, type ByteText } from './text';

/** What a training is made of; others train the same with hyperparameters of their own. */
export function trainingSpec({
  config,
  shape,
  network,
  resolved,
  text,
  seed,
}: {
  config: TransferConfig;
  shape: Shape;
  network: ReturnType<typeof networkOf>;
  resolved: ReturnType<typeof resolvedOf>;
  text: ByteText;
  seed: number;
}): TrainSpec {
  const { steps } = resolved;
  const schedule = schedules.cosine(steps, {
    warmup: Math.min(steps - 1, Math.round(config.warmup * steps)),
  });
  const program = programOfShape(shape, network);
  const names = [...new Set(Object.keys(network.parameters).map((name) => groupsOf(program)[name]!))];
  return {
    label: 'transfer',
    ...{ device: config.device, steps, program },
    start: () => startOf(network, resolved, { seed, baseWidth: config.baseWidth, byLayer: shape.byLayer }),
    fill(step, { ids, targets, multipliers, logits }) {
      fillStretches(text.training, shape.context, { seed, step }, ids as Int32Array, targets as Int32Array);
      multipliers!.set(resolved.residual);
      logits![0] = resolved.logits;
    },
    learningRate: (step) => schedule.at(step),
    hyper: () => hyperInputs(resolved, names, { peak: 1, form: config.weightDecayForm }),
  };
}

const groupsOf = ({ groups }: TrainSpec['program']) => groups as Record<string, string>;
