/** @file What flow matching trains on: the loss, its batches and its timetable, for the driver that does the steps. */
import {
  add,
  adamw,
  float32,
  initialState,
  int32,
  multiply,
  parametersOf,
  reduceMean,
  square,
  stream,
  subtract,
  trainingProgram,
  type MemoryEstimate,
  type TrainingProgram,
} from '../../../../native-models';
import { Training, type TrainingState } from '../../../training/training';
import type { Compute } from '../../../contract/compute';
import type { NamedArray } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { PairBatch, PairSupply } from '../coupling/coupling';
import { velocityNetwork, type FlowShape } from '../network';
import { emaDecayAt, learningRateAt } from './schedule';

/** What the snapshots of a run may take on the disk, and how many are worth scrubbing through at least. */
const SNAPSHOT_BYTES = 256 * 2 ** 20;
const FEWEST_SNAPSHOTS = 8;
const MOST_SNAPSHOTS = 40;

export interface TrainerOptions {
  compute: Compute;
  config: FlowsConfig;
  /** Coordinates of a point. */
  dimension: number;
  /** The points as images, and the classes of their labels; what some networks need. */
  image?: FlowShape['image'];
  classes?: number;
  seed: number;
  pairs: PairSupply;
  /** Milliseconds from any origin. */
  now: () => number;
  /** The state of a checkpoint; without it training starts anew. */
  state?: TrainingState;
}

/** Trains the velocity network on pairs. Owns its sessions: close it. */
export class Trainer {
  readonly #training: Training;

  constructor({ compute, config, seed, pairs, now, state, ...rest }: TrainerOptions) {
    const { steps, learningRate, weightDecay, emaDecay, labelDropout } = config;
    const shape: FlowShape = rest;
    const network = velocityNetwork(config, shape);
    this.#training = new Training({
      compute,
      label: 'flow training',
      device: config.device,
      build: (chunk, channelBlock) => flowProgram(config, shape, chunk, channelBlock),
      start: (program) => state ?? initialState(program, network.initialise(seed)),
      fill(step, { x0, x1, t, label }) {
        const batch: PairBatch = { x0: x0 as Float32Array, x1: x1 as Float32Array };
        if (label) batch.label = (label as Int32Array).fill(-1);
        pairs.fill(step, batch);
        if (batch.label) dropLabels(batch.label, network.classes, labelDropout, seed, step);
        stream(seed, 'flows.batch.time', step).uniform(t as Float32Array);
      },
      schedule: (step) => ({ learningRate: learningRateAt(step, steps, learningRate) }),
      hyper: (step) => ({
        weightDecay,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        emaDecay: emaDecayAt(step, emaDecay),
      }),
      now,
    });
  }

  /** Parameters, their average, the optimiser's moments: all that the next step depends on. */
  state(): Promise<TrainingState> {
    return this.#training.state();
  }

  /** What a step took of late, without what lies between the runs; Infinity before that is known. */
  get secondsPerStep(): number {
    return this.#training.secondsPerStep;
  }

  /** What training will take of this machine's memory. */
  get memory(): MemoryEstimate {
    return this.#training.memory;
  }

  /** Snapshots that a run may keep. */
  get snapshots(): number {
    const { entries } = this.#training.program.layout;
    return snapshotCount(entries.reduce((sum, { size }) => sum + size, 0));
  }

  /** The averaged parameters by name. */
  async averaged(): Promise<Record<string, NamedArray>> {
    return parametersOf(this.#training.program, await this.#training.state(), 'ema');
  }

  /**
   * Does some of the steps from `step` on, never past `limit`, and returns their losses. The average's memory is
   * constant within a run, so `limit` must not lie beyond the next power of two. Throws `memory-too-large`.
   */
  async advance(step: number, limit: number): Promise<Float32Array> {
    const { metrics } = await this.#training.advance(step, limit);
    return metrics.loss as Float32Array;
  }

  close(): Promise<void> {
    return this.#training.close();
  }
}

/** How many snapshots of so many parameters are kept: 40, and fewer of a network that would fill the disk. */
export function snapshotCount(parameters: number): number {
  const fitting = Math.floor(SNAPSHOT_BYTES / (Float32Array.BYTES_PER_ELEMENT * parameters));
  return Math.max(FEWEST_SNAPSHOTS, Math.min(MOST_SNAPSHOTS, fitting));
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

/**
 * The program of `chunk` steps. The loss is E‖v(t, x_t) − (x₁ − x₀)‖² with x_t = (1−t)·x₀ + t·x₁, per coordinate, in
 * model units. `channelBlock` is what the driver gives for convolutions.
 */
export function flowProgram(
  config: FlowsConfig,
  shape: number | FlowShape,
  chunk: number,
  channelBlock?: number,
): TrainingProgram {
  const network = velocityNetwork(config, shape);
  const { batchSize, device } = config;
  const dimension = typeof shape === 'number' ? shape : shape.dimension;
  return trainingProgram({
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
    chunk,
    ema: true,
    form: device === 'webgpu' ? 'straight' : 'loop',
    ...(channelBlock === undefined ? {} : { channelBlock }),
  });
}
