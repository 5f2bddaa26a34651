/** @file Training of the classifier whose features images are compared by. */
import {
  adamw,
  crossEntropy,
  float32,
  initialState,
  int32,
  parametersOf,
  trainingProgram,
  stream,
  type Tensor,
} from '../../../../native-models';
import { Training } from '../../../training/training';
import type { Compute } from '../../../contract/compute';
import type { ImageShape } from '../../../contract/data';
import type { NamedArray } from '../../../contract/define';
import { gatherRows } from '../../../numerics/gather';
import { learningRateAt } from '../../../training/timetable';
import type { LabelledImages } from './extractor';
import { featureNetwork } from './feature-network';

const STEPS = 400;
const BATCH = 64;
const LEARNING_RATE = 2e-3;

/** The parameters after some hundred steps of AdamW on the cross entropy of random batches of `rows`; null when stopped. */
export async function fitClassifier(
  compute: Compute,
  { image, matrix, labels, classes }: LabelledImages & { image: ImageShape },
  rows: Int32Array,
  { seed, shouldStop, now }: { seed: number; shouldStop: () => boolean; now: () => number },
): Promise<Record<string, NamedArray> | null> {
  const network = featureNetwork(image, classes);
  const loss = (parameters: Record<string, Tensor>, { x, label }: Record<string, Tensor>) =>
    crossEntropy(network.logits(parameters, network.features(parameters, x!)), label!);
  const training = new Training({
    compute,
    label: 'feature extractor training',
    device: 'cpu',
    build: (chunk, channelBlock) =>
      trainingProgram({
        name: 'featureExtractorTraining',
        parameters: network.parameters,
        optimiser: adamw(),
        stream: { x: float32(BATCH, matrix.columns), label: int32(BATCH) },
        loss,
        chunk,
        ...(channelBlock === undefined ? {} : { channelBlock }),
      }),
    start: (program) => initialState(program, network.initialise(seed)),
    fill(step, { x, label }) {
      const chosen = stream(seed, 'flows.extractor.batch', step)
        .integers(new Int32Array(BATCH), rows.length)
        .map((k) => rows[k]!);
      x!.set(gatherRows(matrix.data, matrix.columns, chosen));
      label!.set(chosen.map((row) => labels![row]!));
    },
    schedule: (step) => ({ learningRate: learningRateAt(step, STEPS, LEARNING_RATE) }),
    hyper: () => ({ weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
    now,
  });
  try {
    let step = 0;
    while (step < STEPS) {
      if (shouldStop()) return null;
      step += (await training.advance(step, STEPS)).steps;
    }
    return parametersOf(training.program, await training.state(), 'current');
  } finally {
    await training.close();
  }
}
