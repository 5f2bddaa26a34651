/** @file Training of a network on the training rows, with the weights kept that are best on a tenth of them. */
import {
  adamw,
  float32,
  inferenceModel,
  initialState,
  int32,
  parametersOf,
  schedules,
  stream,
  trainingProgram,
  type HeadNetwork,
  type TensorType,
} from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { Training, type TrainingArray } from '../../../training/training';
import type { HostTensor, Session } from '../../../contract/compute';
import type { ConformalConfig } from '../config';
import type { Arrays } from '../../../contract/define';
import type { FitContext } from '../types';
import { chosenRows, holdout } from './holdout';
import { networkOf, startOf, type NetworkConfig, type NetworkKind } from './networks';

/** Steps between looks at the rows set apart, at most. */
const LOOK_EVERY = 100;
/** Looks without a better one after which training ends, as a share of all, and at least so many. */
const PATIENCE = 1 / 3;
const LEAST_PATIENCE = 4;
const WARMUP = 1 / 20;

export type TrainingConfig = NetworkConfig & Pick<ConformalConfig, 'steps' | 'batchSize' | 'learningRate'>;

export interface NetworkTask {
  kind: NetworkKind;
  /** Keys all draws; differs between networks of a run. */
  label: string;
  /** [rows, inputs] and [rows, dimension]; for a classifier y holds the class of each row. */
  rows: { count: number; x: Float32Array; y: Float32Array };
  /** Targets, or classes. */
  dimension: number;
}

/**
 * Parameters by name after at most `steps` steps of AdamW on random batches; null when stopped. The same seed gives the
 * same bits on the CPU.
 *
 * @throws `model-diverged`
 */
export async function trainNetwork(
  context: FitContext,
  config: TrainingConfig,
  { kind, label, rows, dimension }: NetworkTask,
): Promise<Arrays | null> {
  const { compute, device, seed } = context;
  const inputs = rows.x.length / rows.count;
  const network = networkOf(kind, config, inputs, dimension);
  const { learn, choose } = holdout(rows.count, seed, label);
  const steps = Math.max(2, config.steps);
  const batch = Math.min(config.batchSize, learn.length);
  const type = (count: number): TensorType =>
    kind === 'classifier' ? int32(count) : float32(count, dimension);
  const schedule = schedules.cosine(steps, { warmup: Math.min(steps - 1, Math.ceil(steps * WARMUP)) });
  const rowsOfStep = batches(learn, batch, seed, label);
  const training = new Training({
    compute,
    label: `network ${label}`,
    device,
    build: (chunk, channelBlock) =>
      trainingProgram({
        name: `network_${kind}`,
        parameters: network.parameters,
        optimiser: adamw(),
        clip: true,
        stream: { x: float32(batch, inputs), y: type(batch) },
        loss: (parameters, { x, y }) => network.loss(parameters, x!, y!),
        chunk,
        ...(channelBlock === undefined ? {} : { channelBlock }),
      }),
    start: (program) => initialState(program, startOf(kind, network, config, dimension, seed)),
    fill(step, into) {
      const { x, y } = chosenRows(rows, rowsOfStep(step));
      into.x!.set(x);
      into.y!.set(y);
    },
    schedule: (step) => ({ learningRate: config.learningRate * schedule.at(step) }),
    hyper: () => ({ weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 }),
    now: () => context.now(),
  });
  const look = await lookAt(context, network, { ...chosenRows(rows, choose), count: choose.length }, type);
  try {
    const every = Math.max(1, Math.min(LOOK_EVERY, Math.ceil(steps / 10)));
    const patience = Math.max(LEAST_PATIENCE, Math.ceil((steps / every) * PATIENCE));
    let best: { loss: number; parameters: Arrays } | null = null;
    let [step, since] = [0, 0];
    while (step < steps && since < patience) {
      if (context.shouldStop()) return null;
      const { metrics, steps: done } = await training.advance(step, Math.min(steps, nextLook(step, every)));
      requireFinite(metrics.loss!, label, step);
      step += done;
      context.onProgress(step / steps);
      if (step % every !== 0 && step < steps) continue;
      const parameters = parametersOf(training.program, await training.state(), 'current');
      const loss = await look.loss(parameters);
      since = best && loss >= best.loss ? since + 1 : 0;
      if (since === 0) best = { loss, parameters };
    }
    context.onProgress(1);
    return best!.parameters;
  } finally {
    await training.close();
    await look.close();
  }
}

function nextLook(step: number, every: number): number {
  return (Math.floor(step / every) + 1) * every;
}

/** The rows of a step: the next `batch` of an endless sequence of shuffles. */
function batches(
  learn: Int32Array,
  batch: number,
  seed: number,
  label: string,
): (step: number) => Int32Array {
  let [epoch, order]: [number, Int32Array] = [-1, learn];
  return (step) =>
    Int32Array.from({ length: batch }, (_, k) => {
      const place = step * batch + k;
      const wanted = Math.floor(place / learn.length);
      if (wanted !== epoch) {
        epoch = wanted;
        order = stream(seed, `conformal.batch.${label}`, epoch).permutation(learn.length);
      }
      return learn[order[place % learn.length]!]!;
    });
}

/** The loss on rows that are not trained on; not a number where there are none, so that the newest weights are kept. */
async function lookAt(
  { compute }: FitContext,
  network: HeadNetwork,
  { x, y, count }: { x: Float32Array; y: Float32Array; count: number },
  type: (count: number) => TensorType,
): Promise<{ loss(parameters: Arrays): Promise<number>; close(): Promise<void> }> {
  if (count === 0) return { loss: async () => NaN, close: async () => undefined };
  const parameters = network.initialise(0);
  const target = type(count);
  const session: Session = await compute.open(
    inferenceModel({
      name: 'look',
      parameters: Object.fromEntries(
        Object.entries(network.parameters).map(([name, { shape }]) => [
          name,
          { data: parameters[name]!, shape: shape as number[] },
        ]),
      ),
      inputs: { x: float32(count, x.length / count), y: target },
      build: (given, { x, y }) => ({ loss: network.loss(given, x!, y!) }),
      weights: 'inputs',
    }),
    { device: 'cpu', label: 'rows set apart' },
  );
  const feeds: Record<string, HostTensor> = {
    x: { type: 'float32', data: x, dims: [count, x.length / count] },
    y: {
      type: target.dtype,
      data: target.dtype === 'int32' ? Int32Array.from(y) : y,
      dims: target.shape as number[],
    },
  };
  return {
    async loss(given) {
      const weights = Object.entries(given).map(([name, { data, shape }]) => [
        name,
        { type: 'float32' as const, data, dims: shape },
      ]);
      const result = await session.run({ ...feeds, ...(Object.fromEntries(weights) as typeof feeds) });
      return Number(result.loss!.data[0]);
    },
    close: () => session.close(),
  };
}

function requireFinite(losses: TrainingArray, label: string, step: number): void {
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  if (bad < 0) return;
  throw new MongeError({
    code: 'model-diverged',
    what: 'the training of a network left the numbers',
    where: { op: label },
    got: `a loss of ${losses[bad]} at step ${step + bad + 1}`,
    expected: 'a finite loss',
    help: 'lower the learning rate, or look for extreme values among the targets',
  });
}
