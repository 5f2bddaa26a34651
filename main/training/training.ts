/**
 * @file The driver of every training: a state, and compiled programs of several lengths of one step that carry it on.
 *
 * Which length runs, and on how many threads, follows from measured times; it changes speed, never numbers (bit for bit
 * on the CPU). On WebGPU the state stays in GPU buffers between runs and comes to the host only when asked for. When
 * WebGPU fails, what was on it is lost: training goes back to the last copy on the host and repeats the runs since then
 * on the CPU, the same steps with the same batches. The person sees the session's notice; no step is skipped or counted
 * twice.
 */
import {
  estimateMemory,
  type Graph,
  type MemoryEstimate,
  type TensorType,
  type TrainingProgram,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { DeviceState } from './device-state';
import { hostArray } from '../compute/host-array';
import { availableMemory, requireMemory } from './memory';
import { LOOP_SIZES, RunLength, STRAIGHT_SIZES, ThreadTrial, worthTrying } from './run-length';
import type { Compute, Device, HostTensor, KeepingResult, Session } from '../contract/compute';

export type TrainingArray = Float32Array | Float64Array | Int32Array | Uint8Array;
/** Everything that the next step depends on, by the names of the program's state. */
export type TrainingState = Record<string, { data: TrainingArray; shape: readonly number[] }>;
/** One value, for every element of the input, or its values in order. */
export type Setting = number | ArrayLike<number>;

export interface TrainingOptions {
  compute: Compute;
  /** Shown in logs and error messages. */
  label: string;
  device: Device;
  /**
   * The program that does `chunk` steps in one run; apart from that always the same. `channelBlock` is given where
   * convolutions can use the runtime's blocked kernels: pass it on to `trainingProgram`.
   */
  build: (chunk: number, channelBlock?: number) => TrainingProgram;
  /** The state to start from: the first one, or that of a checkpoint. */
  start: (program: TrainingProgram) => TrainingState;
  /**
   * Writes the batch of one step: `batch` has an array per tensor of the program's stream. It must depend on nothing but
   * the number of the step, counted from 0; before that changes, call `state()`.
   */
  fill: (step: number, batch: Record<string, TrainingArray>) => void;
  /** Values of one step, such as its learning rate. */
  schedule: (step: number) => Readonly<Record<string, Setting>>;
  /** Values of all steps of a run that starts at `step`; end runs where they change. */
  hyper: (step: number) => Readonly<Record<string, Setting>>;
  /** Milliseconds from any origin. */
  now: () => number;
  /** `auto` (default): one thread where more are no faster, else all that the job may use. */
  threads?: 'auto' | number;
  /** Bytes that the training may take; default: what this machine has. */
  available?: () => number;
}

/** Every length of run has a session with memory of its own, so steps this large are done one by one. */
const HEAVY_BYTES = 64 * 2 ** 20;

export interface Advance {
  /** The program's metrics, `loss` among them: one value per step. */
  metrics: Record<string, TrainingArray>;
  /** Steps done, at least 1. */
  steps: number;
}

interface Compiled {
  program: TrainingProgram;
  session: Session;
  threads: number;
  /** The stream, whole and cut into steps; filled anew for every run. */
  stream: Record<string, HostTensor>;
  batches: readonly Record<string, TrainingArray>[];
  ran: boolean;
}

/** Trains step by step. Owns its sessions and what is on the GPU: close it. */
export class Training {
  /** The program of a single step. */
  readonly program: TrainingProgram;
  /** What the training will take, of this machine's memory or of the GPU's. */
  readonly memory: MemoryEstimate;
  readonly #options: TrainingOptions;
  readonly #compiled = new Map<number, Compiled>();
  readonly #length: RunLength;
  readonly #state: DeviceState;
  #device: Device;
  #threads: number;
  #trial: ThreadTrial | null = null;
  #rival: Compiled | null = null;
  #undecided: boolean;
  #fits = false;

  constructor(options: TrainingOptions) {
    this.#options = options;
    this.program = options.build(1);
    const { threads = 'auto', compute } = options;
    this.#device = options.device;
    this.#threads = threads === 'auto' ? compute.threads : threads;
    const single = estimateMemory(this.program);
    const heavy = single.activations > HEAVY_BYTES;
    const sizes = heavy ? [1] : this.program.form === 'straight' ? STRAIGHT_SIZES : LOOP_SIZES;
    this.memory = estimateMemory(this.program, sizes[0]);
    this.#length = new RunLength(sizes);
    this.#undecided = threads === 'auto' && options.device !== 'webgpu' && !heavy;
    this.#state = new DeviceState(this.program, options.start(this.program), compute, options);
  }

  /** What a step took of late, without what lies between the runs; Infinity before that is known. */
  get secondsPerStep(): number {
    return this.#length.millisecondsPerStep / 1000;
  }

  /** What the measurements have led to so far. */
  get settings(): { threads: number; chunk: number } {
    return { threads: this.#threads, chunk: this.#length.affordable };
  }

  /** The state on the host after the last step done. From WebGPU it is brought here, so ask when it is needed only. */
  async state(): Promise<TrainingState> {
    return this.#surviving(() => this.#state.toHost());
  }

  /**
   * Does some of the steps from `step` on, never past `limit`.
   * @throws `memory-too-large` before the first of them; of a GPU's memory nothing is known.
   */
  async advance(step: number, limit: number): Promise<Advance> {
    if (!(limit > step))
      throw new MongeError({
        code: 'no-steps',
        what: 'a run needs at least one step',
        where: { op: this.#options.label },
        got: `steps ${step} to ${limit}`,
      });
    const device = this.#device;
    if (!this.#fits && device !== 'webgpu') {
      const { label, available = availableMemory } = this.#options;
      requireMemory(this.memory, label, available());
    }
    this.#fits = true;
    const compiled = await this.#surviving(() => this.#choose(limit - step));
    const { now } = this.#options;
    const started = now();
    const { chunk } = compiled.program;
    // Looked up again: after the GPU was lost the session is another one.
    const result = await this.#surviving(async () => this.#run(await this.#current(compiled), step));
    await this.#state.follow(result, step, chunk);
    if (this.#device === 'webgpu' && compiled.session.device === 'cpu') await this.#leaveGpu();
    // A run in which the device was lost tells nothing of the speed.
    if (this.#device === device) await this.#measure(compiled, now() - started);
    const metrics: Advance['metrics'] = {};
    for (const name of Object.keys(compiled.program.metrics))
      metrics[name] = result.host[name]!.data as TrainingArray;
    return { metrics, steps: compiled.program.chunk };
  }

  async close(): Promise<void> {
    await this.#state.close();
    for (const { session } of this.#compiled.values()) await session.close();
    await this.#rival?.session.close();
    this.#compiled.clear();
    this.#rival = null;
  }

  /** Does `work`; when the GPU and the state on it are lost, repeats on the CPU what came after the last copy first. */
  async #surviving<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MongeError) || error.code !== 'device-lost') throw error;
      const lost = await this.#state.goBack();
      await this.#leaveGpu();
      for (const { step, chunk } of lost)
        await this.#state.follow(await this.#run(await this.#open(chunk), step), step, chunk);
      return work();
    }
  }

  /** From here on everything is on the CPU, also what another session could still do on the GPU. */
  async #leaveGpu(): Promise<void> {
    this.#device = 'cpu';
    await this.#state.leaveDevice();
    for (const [chunk, { session }] of this.#compiled) {
      if (session.device === 'cpu') continue;
      this.#compiled.delete(chunk);
      await session.close();
    }
  }

  /** The session to run: this one, unless it was closed with the GPU. */
  async #current(compiled: Compiled): Promise<Compiled> {
    const { chunk } = compiled.program;
    if (this.#rival === compiled || this.#compiled.get(chunk) === compiled) return compiled;
    return this.#open(chunk);
  }

  /** The program for the next run, and while threads are being tried the session whose turn it is. */
  async #choose(remaining: number): Promise<Compiled> {
    const { affordable, millisecondsPerStep } = this.#length;
    if (this.#undecided && !this.#trial && millisecondsPerStep < Infinity) {
      this.#undecided = worthTrying(this.#threads, millisecondsPerStep);
      if (this.#undecided) this.#trial = new ThreadTrial(this.#threads, affordable);
    }
    const trial = this.#trial;
    if (!trial || remaining < trial.chunk) return this.#open(this.#length.next(remaining));
    if (trial.next === trial.threads) return this.#open(trial.chunk);
    this.#rival ??= await this.#compile(trial.chunk, 1);
    return this.#rival;
  }

  async #measure(compiled: Compiled, milliseconds: number): Promise<void> {
    const first = !compiled.ran;
    compiled.ran = true;
    if (first) return;
    this.#length.record(milliseconds, compiled.program.chunk);
    const trial = this.#trial;
    if (!trial || compiled.program.chunk !== trial.chunk) return;
    trial.record(compiled.threads, milliseconds);
    const { winner } = trial;
    if (winner === null) return;
    const rival = this.#rival!;
    const many = this.#compiled.get(trial.chunk)!;
    this.#compiled.set(trial.chunk, winner === 1 ? rival : many);
    await (winner === 1 ? many : rival).session.close();
    // Sizes opened before keep their threads: they only do what is left before a limit.
    this.#threads = winner;
    this.#rival = this.#trial = null;
    this.#undecided = false;
  }

  async #run({ program, session, stream, batches }: Compiled, step: number): Promise<KeepingResult> {
    const { fill, schedule, hyper } = this.#options;
    const scheduled = Object.entries(program.schedule).map(([name, type]) => ({
      name,
      type,
      rows: [] as Setting[],
    }));
    batches.forEach((batch, k) => {
      fill(step + k, batch);
      const values = schedule(step + k);
      for (const { name, rows } of scheduled) rows.push(this.#setting(values, name));
    });
    const fixed = hyper(step);
    return session.runKeeping({
      ...this.#state.feeds(),
      ...stream,
      ...Object.fromEntries(scheduled.map(({ name, type, rows }) => [name, settingTensor(type, rows)])),
      ...Object.fromEntries(
        Object.entries(program.hyper).map(([name, type]) => [
          name,
          settingTensor(type, [this.#setting(fixed, name)]),
        ]),
      ),
    });
  }

  #setting(values: Readonly<Record<string, Setting>>, name: string): Setting {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw new MongeError({
      code: 'setting-missing',
      what: 'the training program needs a value that was not given',
      where: { op: this.#options.label, tensor: name },
      got: Object.keys(values).join(', ') || 'none',
    });
  }

  async #open(chunk: number): Promise<Compiled> {
    let compiled = this.#compiled.get(chunk);
    if (!compiled) {
      compiled = await this.#compile(chunk, this.#threads);
      this.#compiled.set(chunk, compiled);
      // It could not be opened on the GPU, where the state may be.
      if (this.#device === 'webgpu' && compiled.session.device === 'cpu') await this.#leaveGpu();
    }
    return compiled;
  }

  async #compile(chunk: number, threads: number): Promise<Compiled> {
    const { compute, label, build } = this.#options;
    const device = this.#device;
    // Convolutions train on blocked kernels where the runtime has them; other programs do not ask.
    const block =
      device !== 'webgpu' && convolves(this.program.graph) ? await compute.channelBlock?.() : undefined;
    const program = chunk === 1 && block === undefined ? this.program : build(chunk, block);
    const session = await compute.open(program.model, {
      device,
      label,
      threads,
      keep: device === 'webgpu' ? Object.keys(program.state).map((name) => `next.${name}`) : [],
    });
    const stream: Record<string, HostTensor> = {};
    for (const [name, type] of Object.entries(program.stream)) stream[name] = zeros(type);
    const batches = Array.from({ length: chunk }, (_, k) =>
      Object.fromEntries(
        Object.entries(stream).map(([name, { data }]) => {
          const size = data.length / chunk;
          return [name, data.subarray(k * size, (k + 1) * size) as TrainingArray];
        }),
      ),
    );
    return { program, session, threads, stream, batches, ran: false };
  }
}

/** Whether a program, or the body of its loop, has convolutions. */
function convolves(graph: Graph): boolean {
  return graph.nodes.some(({ op, attributes }) => {
    const { body } = attributes;
    return op.name === 'Conv' || (typeof body === 'object' && 'nodes' in body && convolves(body));
  });
}

function zeros({ dtype, shape }: TensorType): HostTensor {
  const dims = shape as readonly number[];
  return {
    type: dtype,
    data: hostArray(
      dtype,
      dims.reduce((product, size) => product * size, 1),
    ),
    dims,
  };
}

/** A tensor from one setting per leading entry; a single number fills its whole entry. */
function settingTensor(type: TensorType, rows: readonly Setting[]): HostTensor {
  const tensor = zeros(type);
  const data = tensor.data as TrainingArray;
  const size = data.length / rows.length;
  rows.forEach((row, k) => {
    if (typeof row === 'number') data.fill(row, k * size, (k + 1) * size);
    else data.set(row, k * size);
  });
  return tensor;
}
