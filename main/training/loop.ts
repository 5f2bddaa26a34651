/**
 * @file The training loop of every method: steps until the last, snapshots, checkpoints, stop and resume, the curve, the
 * time left, divergence.
 *
 * Every batch is keyed by its absolute step, and everything else that the next step depends on is in the checkpoint:
 * stopping, resuming and the cadence of checkpoints change no bit of the result.
 */
import {
  initialState,
  parametersOf,
  trainingProgram,
  type TrainingProgram,
  type TrainingProgramOptions,
} from '../../native-models';
import type { Device } from '../contract/compute';
import type { Arrays, CheckpointState, RunContext } from '../contract/define';
import { metric, type MetricDeclarations } from '../contract/presentation';
import { prefixed, under } from '../disk/named-arrays';
import { requireSoundLoss, requireSoundWeights } from './divergence';
import { secondsLeft } from './time-left';
import { nextBoundary, snapshotCount, snapshotSteps } from './timetable';
import { Training, type TrainingArray, type TrainingOptions, type TrainingState } from './training';

/** Work at risk when the process dies. */
export const CHECKPOINT_MILLISECONDS = 4000;
/** The final loss is the mean of this many last steps. */
const RECENT = 100;
/** At most about this many points per curve. */
const CURVE_POINTS = 5000;
/** Hyperparameters that most trainings share. */
const ADAMW = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const STATE = 'state/';

/** What the loop itself reports; a method adds it to its metrics. */
export const loopMetrics: MetricDeclarations = {
  'memory.estimate': metric(
    'memory estimate: What training was expected to take before its first step: the state and its copies, activations, gradients and batches. A training that cannot fit is refused.',
    { unit: 'MB' },
  ),
};

/** What a training needs of the run around it; `RunContext` is one, and `Parts` make those of trainings inside a run. */
export interface TrainingContext extends Pick<
  RunContext,
  'compute' | 'resume' | 'stopRequested' | 'now' | 'metric' | 'final' | 'progress' | 'checkpoint' | 'snapshot'
> {
  /** The training is a part of something larger, which keeps its result: no checkpoint is written of the last step. */
  readonly inner?: true;
}

/** What a method says of its training. */
export interface TrainSpec {
  /** Shown in logs and error messages. */
  label: string;
  device: Device;
  /** Network, optimiser, batch and loss: all but what follows from the device and from measured times. */
  program: Omit<TrainingProgramOptions, 'chunk' | 'form' | 'channelBlock'>;
  /** Parameters to start from. */
  start: () => Record<string, Float32Array>;
  steps: number;
  /** Writes the batch of a step. It must depend on nothing but the number of the step; where `before` changes what it draws from, it settles first. */
  fill: TrainingOptions['fill'];
  learningRate: (step: number) => number;
  /** What differs from AdamW's usual hyperparameters; may change at powers of two and at `events` only. */
  hyper?: TrainingOptions['hyper'];
  /** Keep parameters on the way, for scrubbing through training. */
  snapshots?: boolean;
  /** Steps before which `before` has something to do, ascending: runs of several steps end there. */
  events?: readonly number[];
  /** Called before each run of steps and after the last: says whether to go on, that a person stopped it, or that it has trained enough. */
  before?: (loop: RunningLoop) => Promise<'go on' | 'stopped' | 'enough'>;
  /** What a checkpoint holds beside the training's own state; read it back from `context.resume`. */
  stored?: () => Pick<CheckpointState, 'json' | 'arrays'>;
  /** Pauses of the steps that are still to come, and what each so far took. */
  pauses?: () => { left: number; seconds: readonly number[] };
}

/** The loop as `before` sees it. */
export interface RunningLoop {
  /** Steps that are done. */
  readonly step: number;
  readonly saveIsDue: boolean;
  /** Writes a checkpoint. */
  save(): Promise<void>;
  /** The state after the last step, on the host: steps before it are never repeated, so what they draw from may change. */
  settle(): Promise<TrainingState>;
  /** The parameters after the last step; the average of them where the program keeps one. */
  parameters(): Promise<Arrays>;
  /** Shows how far the training is, in a pause for so many seconds. */
  show(stage: string, secondsInPause?: number): void;
}

export interface Trained {
  /** As `RunningLoop.parameters` after the last step. */
  parameters: Arrays;
  /** Mean of the last steps. */
  loss: number;
  /** Seconds spent in steps, over all resumes. */
  seconds: number;
  /** The checkpoint of the last step. */
  state: CheckpointState;
}

/** Trains to the last step; null when stopped, with a checkpoint saved. @throws `diverged`, `memory-too-large` */
export async function trainLoop(context: TrainingContext, spec: TrainSpec): Promise<Trained | null> {
  const { resume } = context;
  const state = resume ? (under(STATE, resume.arrays) as TrainingState) : undefined;
  const training = openTraining(context, spec, state);
  try {
    return await runLoop(context, spec, training);
  } finally {
    await training.close();
  }
}

/** The steps of a spec without the loop around them, for what times or compares them. Close it. */
export function openTraining(
  { compute, now }: Pick<TrainingContext, 'compute' | 'now'>,
  spec: TrainSpec,
  state?: TrainingState,
): Training {
  return new Training({
    compute,
    label: spec.label,
    device: spec.device,
    build: (chunk, channelBlock) => programOf(spec, chunk, channelBlock),
    start: (program) => state ?? initialState(program, spec.start()),
    fill: spec.fill,
    schedule: (step) => ({ learningRate: spec.learningRate(step) }),
    hyper: (step) => ({ ...ADAMW, ...spec.hyper?.(step) }),
    now,
  });
}

/** The program that does `chunk` steps of a training in one run. */
export function programOf(
  { program, device }: Pick<TrainSpec, 'program' | 'device'>,
  chunk: number,
  channelBlock?: number,
): TrainingProgram {
  const form = device === 'webgpu' ? 'straight' : 'loop';
  return trainingProgram({ ...program, chunk, form, channelBlock });
}

/** The part of a checkpoint's JSON that is the loop's own. */
interface Progress {
  recent: number[];
  seconds: number;
  /** The loss of the first step; null before it, and where an earlier version did not keep it. */
  firstLoss: number | null;
}

async function runLoop(context: TrainingContext, spec: TrainSpec, training: Training) {
  const { steps, label } = spec;
  const { program, memory } = training;
  const most = snapshotCount(program.layout.entries.reduce((sum, { size }) => sum + size, 0));
  const snapshots = new Set(spec.snapshots ? snapshotSteps(steps, most) : []);
  const events = [...(spec.events ?? []), ...snapshots].sort((a, b) => a - b);
  const progress = progressOf(context.resume);
  let step = context.resume?.step ?? 0;
  let saved = context.now();
  const loop: RunningLoop = {
    get step() {
      return step;
    },
    get saveIsDue() {
      return context.now() - saved > CHECKPOINT_MILLISECONDS;
    },
    async save() {
      await context.checkpoint(await checkpoint());
      saved = context.now();
    },
    settle: () => training.state(),
    parameters: async () => parametersOf(program, await training.state(), program.ema ? 'ema' : 'current'),
    show(stage, secondsInPause = 0) {
      const { secondsPerStep } = training;
      const { left = 0, seconds = [] } = spec.pauses?.() ?? {};
      const speed = 1 / secondsPerStep;
      context.progress({
        ...{ stage, step, steps },
        secondsLeft: secondsLeft({
          ...{ stepsLeft: steps - step, secondsPerStep },
          ...{ pausesLeft: left, pauseSeconds: seconds, secondsInPause },
        }),
        stepsPerSecond: speed > 0 && Number.isFinite(speed) ? speed : undefined,
      });
    },
  };

  context.final({ 'memory.estimate': memory.total / 2 ** 20 });
  for (;;) {
    // Before anything else at this step, so that there is something to look at meanwhile.
    if (snapshots.has(step)) await context.snapshot(step, await loop.parameters());
    const next = (await spec.before?.(loop)) ?? 'go on';
    if (next !== 'stopped' && (next === 'enough' || step === steps)) break;
    if (next === 'stopped' || context.stopRequested()) {
      await loop.save();
      return null;
    }
    await advance();
    loop.show('training');
    if (loop.saveIsDue) await loop.save();
  }
  const state = await checkpoint();
  if (!context.inner) await context.checkpoint(state);
  const { recent, seconds } = progress;
  const loss = recent.reduce((sum, one) => sum + one, 0) / recent.length;
  return { parameters: await loop.parameters(), loss, seconds, state };

  /** Some steps in one run; weights are looked at after steps that do not depend on any clock. */
  async function advance(): Promise<void> {
    const started = context.now();
    const { metrics } = await training.advance(step, nextBoundary(step, steps, events));
    progress.seconds += (context.now() - started) / 1000;
    record(metrics.loss!);
    const looked = Number.isInteger(Math.log2(step)) || snapshots.has(step);
    if (looked || step === steps) requireSoundWeights(await training.state(), step, label);
  }

  /** Appends the losses of a run, evenly sampled where there are many. */
  function record(losses: TrainingArray): void {
    const stride = Math.max(1, Math.ceil(steps / CURVE_POINTS));
    for (const loss of losses) {
      step += 1;
      progress.firstLoss ??= loss;
      requireSoundLoss(loss, progress.firstLoss, step, label);
      if (step === 1 || step % stride === 0) context.metric('loss', step, loss);
      progress.recent.push(loss);
      if (progress.recent.length > RECENT) progress.recent.shift();
    }
  }

  async function checkpoint(): Promise<CheckpointState> {
    const { json = {}, arrays = {} } = spec.stored?.() ?? {};
    const state = prefixed(STATE, await training.state());
    const own = { ...progress, recent: [...progress.recent] };
    return { step, json: { ...json, ...own }, arrays: { ...arrays, ...state } };
  }
}

function progressOf(resume: CheckpointState | null): Progress {
  if (!resume) return { recent: [], seconds: 0, firstLoss: null };
  const { recent, seconds, firstLoss } = resume.json as unknown as Progress;
  return { recent: [...recent], seconds, firstLoss: firstLoss ?? null };
}
