/** @file What flow matching trains on: the loss, its batches, and the pools that arrive between the steps. */
import {
  add,
  adamw,
  float32,
  int32,
  multiply,
  reduceMean,
  square,
  stream,
  subtract,
} from '../../../../native-models';
import { trainLoop, type RunningLoop, type Trained, type TrainSpec } from '../../../training/loop';
import { emaDecayAt, learningRateAt } from '../../../training/timetable';
import type { RunContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { PairBatch, PairSupply, PairData } from '../coupling/coupling';
import type { PoolSummary } from '../coupling/summary';
import { velocityNetwork, type FlowShape } from '../network';
import { openPairing, type Pairing } from './pairing';

/** Marks of a bar that counts no steps. */
const BAR = 1000;

/**
 * Trains to the last step; null when stopped, with a checkpoint saved. `pools` says what they were like; of none where
 * pairs come step by step.
 * @throws what `trainLoop` and `openCoupling` throw
 */
export async function train(
  context: RunContext,
  data: PairData,
  config: FlowsConfig,
): Promise<(Trained & { pools: PoolSummary }) | null> {
  const pairing = await openPairing(context, data, config);
  const { dimension } = data.source;
  const shape: FlowShape = { dimension, image: data.image, classes: data.classes ?? 0 };
  try {
    const trained = await trainLoop(context, {
      ...flowSpec(config, shape, context.seed, pairing.supply),
      snapshots: true,
      events: pairing.arrivals,
      before: (loop) => bringPools(context, pairing, loop),
      stored: () => pairing.stored(),
      pauses: () => ({
        left: pairing.arrivals.length - pairing.summary.pools,
        seconds: pairing.summary.recentSeconds,
      }),
    });
    return trained && { ...trained, pools: pairing.summary };
  } finally {
    await pairing.close();
  }
}

/** The training of the velocity network on pairs, without what happens between the steps. */
export function flowSpec(config: FlowsConfig, shape: FlowShape, seed: number, pairs: PairSupply): TrainSpec {
  const { steps, learningRate, weightDecay, emaDecay, labelDropout, device } = config;
  const network = velocityNetwork(config, shape);
  return {
    label: 'flow training',
    ...{ device, steps },
    program: flowProgram(config, shape),
    start: () => network.initialise(seed),
    fill(step, { x0, x1, t, label }) {
      const batch: PairBatch = { x0: x0 as Float32Array, x1: x1 as Float32Array };
      if (label) batch.label = (label as Int32Array).fill(-1);
      pairs.fill(step, batch);
      if (batch.label) dropLabels(batch.label, network.classes, labelDropout, seed, step);
      stream(seed, 'flows.batch.time', step).uniform(t as Float32Array);
    },
    learningRate: (step) => learningRateAt(step, steps, learningRate),
    hyper: (step) => ({ weightDecay, emaDecay: emaDecayAt(step, emaDecay) }),
  };
}

/**
 * The loss is E‖v(t, x_t) − (x₁ − x₀)‖² with x_t = (1−t)·x₀ + t·x₁, per coordinate, in model units; the parameters are
 * averaged.
 */
export function flowProgram(config: FlowsConfig, shape: FlowShape): TrainSpec['program'] {
  const network = velocityNetwork(config, shape);
  const { batchSize } = config;
  const { dimension } = shape;
  return {
    name: 'flowTraining',
    parameters: network.parameters,
    optimiser: adamw(),
    stream: {
      x0: float32(batchSize, dimension),
      x1: float32(batchSize, dimension),
      t: float32(batchSize, 1),
      ...(network.classes === 0 ? {} : { label: int32(batchSize) }),
    },
    loss: (parameters, { x0, x1, t, label }) => {
      const target = subtract(x1!, x0!);
      const between = add(x0!, multiply(t!, target));
      return reduceMean(square(subtract(network.apply(parameters, between, t!, label), target)));
    },
    ema: true,
  };
}

/** Labels that are missing (−1), and a share of all, become `classes`, which stands for no label. */
export function dropLabels(
  labels: Int32Array,
  classes: number,
  share: number,
  seed: number,
  step: number,
): void {
  const draws = stream(seed, 'flows.batch.label', step).uniform(new Float32Array(labels.length));
  for (let row = 0; row < labels.length; row++)
    if (labels[row]! < 0 || draws[row]! < share) labels[row] = classes;
}

/** The work before the first pool, and the pools that are due, each with a bar where it is long. */
async function bringPools(
  context: RunContext,
  pairing: Pairing,
  loop: RunningLoop,
): Promise<'go on' | 'stopped'> {
  const bar = (stage: string, done: number, secondsLeft?: number) =>
    context.progress({
      ...{ stage, step: Math.round(BAR * done), steps: BAR },
      secondsLeft,
      stepsPerSecond: null,
    });
  while (!pairing.prepared) {
    await pairing.prepare(
      () => context.stopRequested() || loop.saveIsDue,
      (done = 0) => bar('preparing', done),
    );
    if (!pairing.prepared && context.stopRequested()) return 'stopped';
    if (!pairing.prepared || loop.saveIsDue) await loop.save();
  }
  while (pairing.due(loop.step)) {
    // A new pool changes what a step draws.
    await loop.settle();
    const arrived = await pairing.arrive((seconds, done = 0) => {
      // Nothing can be shown of training before the first, and a large one takes minutes.
      if (pairing.summary.pools === 0)
        bar('pairing the first pool', done, done > 0 && done < 1 ? (seconds * (1 - done)) / done : undefined);
      // A quick pool need not interrupt the bar.
      else if (loop.step === 0 || seconds > 1) loop.show('pairing', seconds);
    });
    if (!arrived) return 'stopped';
    if (loop.saveIsDue) await loop.save();
  }
  return 'go on';
}
