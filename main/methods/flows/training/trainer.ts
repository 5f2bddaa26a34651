/** @file What flow matching trains on: the loss, its batches and its timetable, for the driver that does the steps. */
import {
  add,
  adamw,
  float32,
  initialState,
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
import { Training, type TrainingState } from '../../../compute/training';
import type { Compute } from '../../../compute/types';
import type { NamedArray } from '../../define';
import type { FlowsConfig } from '../config';
import type { PairSupply } from '../coupling/coupling';
import { velocityNetwork } from '../model';
import { emaDecayAt, learningRateAt } from './schedule';

export interface TrainerOptions {
  compute: Compute;
  config: FlowsConfig;
  /** Coordinates of a point. */
  dimension: number;
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

  constructor({ compute, config, dimension, seed, pairs, now, state }: TrainerOptions) {
    const { steps, learningRate, weightDecay, emaDecay } = config;
    this.#training = new Training({
      compute,
      label: 'flow training',
      device: config.device,
      build: (chunk) => flowProgram(config, dimension, chunk),
      start: (program) => state ?? initialState(program, velocityNetwork(config, dimension).initialise(seed)),
      fill(step, { x0, x1, t }) {
        pairs.fill(step, { x0: x0 as Float32Array, x1: x1 as Float32Array });
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

/**
 * The program of `chunk` steps. The loss is E‖v(t, x_t) − (x₁ − x₀)‖² with x_t = (1−t)·x₀ + t·x₁, per coordinate, in
 * model units.
 */
export function flowProgram(config: FlowsConfig, dimension: number, chunk: number): TrainingProgram {
  const network = velocityNetwork(config, dimension);
  const { batchSize, device } = config;
  return trainingProgram({
    name: 'flowTraining',
    parameters: network.parameters,
    optimiser: adamw(),
    stream: {
      x0: float32(batchSize, dimension),
      x1: float32(batchSize, dimension),
      t: float32(batchSize, 1),
    },
    loss: (parameters, { x0, x1, t }) => {
      const target = subtract(x1!, x0!);
      const between = add(x0!, multiply(t!, target));
      return reduceMean(square(subtract(network.apply(parameters, between, t!), target)));
    },
    chunk,
    ema: true,
    form: device === 'webgpu' ? 'straight' : 'loop',
  });
}
