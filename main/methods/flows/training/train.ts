/**
 * @file The training run: pools arrive, chunks of steps are done, snapshots and checkpoints are kept.
 *
 * Every random draw is keyed by its absolute step or pool, and everything else that the next step depends on is in the
 * checkpoint: stopping, resuming and the cadence of checkpoints change no bit of the result.
 */
import { MongeError } from '../../../../native-models/error';
import type { TrainingArray, TrainingState } from '../../../training/training';
import type { CheckpointState, NamedArray, RunContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { PoolData } from '../coupling/coupling';
import type { PoolSummary } from '../coupling/summary';
import { showStage } from '../stage';
import { secondsLeft } from './outlook';
import { openPairing, type Pairing } from './pairing';
import { nextBoundary, snapshotSteps } from './schedule';
import { Trainer } from './trainer';

/** Work at risk when the process dies. */
const CHECKPOINT_MILLISECONDS = 4000;
/** The final loss is the mean of this many last steps. */
const RECENT = 100;
/** Marks of a bar that counts no steps. */
const BAR = 1000;
/** At most about this many points per curve. */
const CURVE_POINTS = 5000;

export interface Trained {
  /** The averaged parameters. */
  parameters: Record<string, NamedArray>;
  loss: number;
  /** What the pools were like; of none where pairs come step by step. */
  pools: PoolSummary;
  /** Seconds spent in optimiser steps, over all resumes. */
  seconds: number;
  /** The state at the last step, for a checkpoint while measuring. */
  state: CheckpointState;
}

interface Progress {
  step: number;
  recent: number[];
  seconds: number;
}

/**
 * Trains to the last step; null when stopped, with a checkpoint saved. Throws `diverged`, `memory-too-large`, and what
 * `openCoupling` throws.
 */
export async function train(
  context: RunContext,
  data: PoolData,
  config: FlowsConfig,
): Promise<Trained | null> {
  const { dimension } = data.source;
  const pairing = await openPairing(context, data, config);
  const progress = restoreProgress(context.resume);
  const trainer = new Trainer({
    compute: context.compute,
    config,
    dimension,
    image: data.image,
    classes: data.classes ?? 0,
    seed: context.seed,
    pairs: pairing.supply,
    now: () => context.now(),
    ...(context.resume ? { state: trainerState(context.resume) } : {}),
  });
  context.final({ 'memory.estimate': trainer.memory.total / 2 ** 20 });
  const snapshots = snapshotSteps(config.steps, trainer.snapshots);
  let saved = context.now();
  const save = async () => {
    await context.checkpoint(await checkpointOf(progress, trainer, pairing));
    saved = context.now();
  };
  const saveIsDue = () => context.now() - saved > CHECKPOINT_MILLISECONDS;
  const show = (stage: 'pairing' | 'training', secondsInPool: number) => {
    const left = secondsLeft({
      stepsLeft: config.steps - progress.step,
      secondsPerStep: trainer.secondsPerStep,
      poolsLeft: pairing.arrivals.length - pairing.summary.pools,
      poolSeconds: pairing.summary.recentSeconds,
      secondsInPool,
    });
    const speed = 1 / trainer.secondsPerStep;
    context.progress({
      stage,
      step: progress.step,
      steps: config.steps,
      secondsLeft: left,
      stepsPerSecond: speed > 0 && Number.isFinite(speed) ? speed : undefined,
    });
  };
  /** Nothing can be shown of training before it, and a large one takes minutes: it has a bar of its own. */
  const showFirstPool = (seconds: number, done = 0) =>
    showStage(
      context,
      'pairing the first pool',
      Math.round(BAR * done),
      BAR,
      done > 0 && done < 1 ? (seconds * (1 - done)) / done : undefined,
    );
  /** Done before the first pool and long: with a bar of its own. */
  const prepare = async (): Promise<boolean> => {
    while (!pairing.prepared) {
      await pairing.prepare(
        () => context.stopRequested() || saveIsDue(),
        (done = 0) => showStage(context, 'preparing', Math.round(BAR * done), BAR),
      );
      if (!pairing.prepared || saveIsDue()) await save();
      if (!pairing.prepared && context.stopRequested()) return false;
    }
    return true;
  };
  try {
    for (;;) {
      // Before the pools, so that there is something to look at while the first is paired.
      if (snapshots.includes(progress.step)) await context.snapshot(progress.step, await trainer.averaged());
      if (!(await prepare())) return null;
      while (pairing.due(progress.step)) {
        // A new pool changes what a step draws: steps before it must not have to be repeated after it.
        await trainer.state();
        const arrived = await pairing.arrive((seconds, done) => {
          if (pairing.summary.pools === 0) showFirstPool(seconds, done);
          // A quick pool need not interrupt the bar.
          else if (progress.step === 0 || seconds > 1) show('pairing', seconds);
        });
        if (!arrived) {
          await save();
          return null;
        }
        if (saveIsDue()) await save();
      }
      if (progress.step === config.steps) break;
      if (context.stopRequested()) {
        await save();
        return null;
      }
      const limit = nextBoundary(progress.step, config.steps, [...pairing.arrivals, ...snapshots]);
      const started = context.now();
      const losses = await trainer.advance(progress.step, limit);
      progress.seconds += (context.now() - started) / 1000;
      record(context, progress, losses, config.steps);
      show('training', 0);
      if (saveIsDue()) await save();
    }
    const final = await checkpointOf(progress, trainer, pairing);
    await context.checkpoint(final);
    return {
      parameters: await trainer.averaged(),
      loss: progress.recent.reduce((sum, loss) => sum + loss, 0) / progress.recent.length,
      pools: pairing.summary,
      seconds: progress.seconds,
      state: final,
    };
  } finally {
    await pairing.close();
    await trainer.close();
  }
}

/** Appends the losses of a run; throws `diverged` at the first that is not a number. */
function record(context: RunContext, progress: Progress, losses: Float32Array, steps: number): void {
  const stride = Math.max(1, Math.ceil(steps / CURVE_POINTS));
  for (const loss of losses) {
    const step = progress.step + 1;
    if (!Number.isFinite(loss))
      throw new MongeError({
        code: 'diverged',
        what: 'the loss is not a finite number any more',
        where: { key: `step ${step}` },
        got: String(loss),
        help: 'lower learningRate, or look for extreme values in the data',
      });
    if (step === 1 || step % stride === 0) context.metric('loss', step, loss);
    progress.recent.push(loss);
    if (progress.recent.length > RECENT) progress.recent.shift();
    progress.step = step;
  }
}

async function checkpointOf(
  { step, recent, seconds }: Progress,
  trainer: Trainer,
  pairing: Pairing,
): Promise<CheckpointState> {
  const { json, arrays } = pairing.stored();
  for (const [name, { data, shape }] of Object.entries(await trainer.state()))
    arrays[`state/${name}`] = { data, shape };
  return { step, json: { ...json, recent: [...recent], seconds }, arrays };
}

function restoreProgress(resume: CheckpointState | null): Progress {
  if (!resume) return { step: 0, recent: [], seconds: 0 };
  const { recent, seconds } = resume.json as unknown as Omit<Progress, 'step'>;
  return { step: resume.step, recent: [...recent], seconds };
}

function trainerState(resume: CheckpointState): TrainingState {
  const prefix = 'state/';
  return Object.fromEntries(
    Object.entries(resume.arrays)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { data, shape }]) => [
        name.slice(prefix.length),
        { data: data as TrainingArray, shape: [...shape] },
      ]),
  );
}
