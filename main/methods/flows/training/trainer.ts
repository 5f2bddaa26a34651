/** @file The optimiser at work: a state, and compiled programs of several chunk lengths that carry it on. */
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
  type StateTensor,
  type TrainingProgram,
} from '../../../../native-models';
import type { Compute, HostTensor, Session } from '../../../compute/types';
import type { NamedArray } from '../../define';
import type { FlowsConfig } from '../config';
import type { PairSupply } from '../coupling/bank';
import { velocityNetwork } from '../model';
import { emaDecayAt, learningRateAt } from './schedule';

/** Steps per run of the compiled programs; which one is used changes speed, never numbers. */
const CHUNKS = [64, 16, 4, 1] as const;
/** WebGPU wants straight programs, which grow with every step. */
const STRAIGHT_CHUNKS = [1] as const;
/** A run should be long enough to hide its overhead and short enough to stop quickly. */
const LONGEST_RUN_MILLISECONDS = 150;

interface Compiled {
  program: TrainingProgram;
  session: Session;
  /** The first run of a session also prepares it, on WebGPU for seconds; it tells nothing of the speed. */
  ran: boolean;
}

/** Trains the velocity network on pairs. Owns its sessions: close it. */
export class Trainer {
  readonly #compute: Compute;
  readonly #config: FlowsConfig;
  readonly #dimension: number;
  readonly #seed: number;
  readonly #compiled = new Map<number, Compiled>();
  readonly #single: TrainingProgram;
  #state: Record<string, StateTensor>;
  #millisecondsPerStep = Infinity;
  #usualMillisecondsPerStep = Infinity;

  constructor(
    compute: Compute,
    config: FlowsConfig,
    dimension: number,
    seed: number,
    state?: Record<string, StateTensor>,
  ) {
    this.#compute = compute;
    this.#config = config;
    this.#dimension = dimension;
    this.#seed = seed;
    this.#single = flowProgram(config, dimension, 1);
    this.#state = state ?? initialState(this.#single, velocityNetwork(config, dimension).initialise(seed));
  }

  /** Parameters, their average, the optimiser's moments: all that the next step depends on. */
  get state(): Readonly<Record<string, StateTensor>> {
    return this.#state;
  }

  /** What a step took of late, without what lies between the runs; Infinity before that is known. */
  get secondsPerStep(): number {
    return this.#usualMillisecondsPerStep / 1000;
  }

  /** The averaged parameters by name. */
  averaged(): Record<string, NamedArray> {
    return parametersOf(this.#single, this.#state, 'ema');
  }

  /**
   * Does some of the steps from `step` on, never past `limit`, and returns their losses. The average's memory is
   * constant within a run, so `limit` must not lie beyond the next power of two.
   */
  async advance(step: number, limit: number, pairs: PairSupply, now: () => number): Promise<Float32Array> {
    const { batchSize, steps, learningRate, weightDecay, emaDecay } = this.#config;
    const chunk = this.#chooseChunk(limit - step);
    const compiled = await this.#open(chunk);
    const { program, session } = compiled;
    const size = batchSize * this.#dimension;
    const [x0, x1] = [new Float32Array(chunk * size), new Float32Array(chunk * size)];
    const times = new Float32Array(chunk * batchSize);
    const rates = new Float32Array(chunk);
    const started = now();
    for (let k = 0; k < chunk; k++) {
      pairs.fill(step + k, x0.subarray(k * size, (k + 1) * size), x1.subarray(k * size, (k + 1) * size));
      stream(this.#seed, 'flows.batch.time', step + k).uniform(
        times.subarray(k * batchSize, (k + 1) * batchSize),
      );
      rates[k] = learningRateAt(step + k, steps, learningRate);
    }
    const hyper = {
      weightDecay,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      emaDecay: emaDecayAt(step, emaDecay),
    };
    const feeds: Record<string, HostTensor> = {
      x0: float([chunk, batchSize, this.#dimension], x0),
      x1: float([chunk, batchSize, this.#dimension], x1),
      t: float([chunk, batchSize, 1], times),
      learningRate: float([chunk], rates),
    };
    for (const [name, value] of Object.entries(hyper)) feeds[name] = float([], Float32Array.of(value));
    for (const [name, { data, shape }] of Object.entries(this.#state)) feeds[name] = float(shape, data);
    const results = await session.run(feeds);
    for (const name of Object.keys(program.state)) {
      const { data, dims } = results[`next.${name}`]!;
      this.#state[name] = { data: data as Float32Array, shape: [...dims] };
    }
    const took = (this.#millisecondsPerStep = (now() - started) / chunk);
    const usual = this.#usualMillisecondsPerStep;
    if (compiled.ran) this.#usualMillisecondsPerStep = usual === Infinity ? took : 0.8 * usual + 0.2 * took;
    compiled.ran = true;
    return results.loss!.data as Float32Array;
  }

  async close(): Promise<void> {
    for (const { session } of this.#compiled.values()) await session.close();
    this.#compiled.clear();
  }

  #chooseChunk(remaining: number): number {
    const sizes = this.#config.device === 'webgpu' ? STRAIGHT_CHUNKS : CHUNKS;
    // Without a measurement the shortest run is the safe one.
    const affordable = LONGEST_RUN_MILLISECONDS / this.#millisecondsPerStep;
    return sizes.find((size) => size <= remaining && size <= affordable) ?? 1;
  }

  async #open(chunk: number): Promise<Compiled> {
    let compiled = this.#compiled.get(chunk);
    if (!compiled) {
      const program = chunk === 1 ? this.#single : flowProgram(this.#config, this.#dimension, chunk);
      const session = await this.#compute.open(program.model, {
        device: this.#config.device,
        label: 'flow training',
      });
      compiled = { program, session, ran: false };
      this.#compiled.set(chunk, compiled);
    }
    return compiled;
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

function float(dims: readonly number[], data: Float32Array): HostTensor {
  return { type: 'float32', data, dims };
}
