/**
 * @file The training run: pools arrive, chunks of steps are done, snapshots and checkpoints are kept.
 *
 * Every random draw is keyed by its absolute step or pool, and everything else that the next step depends on is in the
 * checkpoint: stopping, resuming and the cadence of checkpoints change no bit of the result.
 */
import { MongeError } from '../../../../native-models/error';
import type { TrainingArray, TrainingState } from '../../../compute/training';
import type { CheckpointState, NamedArray, RunContext } from '../../define';
import type { FlowsConfig } from '../config';
import { independentPairs, PairBank, type PairSupply } from '../coupling/bank';
import { checkPools, pairPool, type PoolData, type PoolSettings } from '../coupling/pool';
import { secondsLeft } from './outlook';
import { nextBoundary, poolArrivals, snapshotSteps } from './schedule';
import { Trainer } from './trainer';

/** Work at risk when the process dies. */
const CHECKPOINT_MILLISECONDS = 4000;
/** The final loss is the mean of this many last steps. */
const RECENT = 100;
/** At most about this many points per curve. */
const CURVE_POINTS = 5000;

export interface PoolReport {
  sharpness: number;
  iterations: number;
  marginalError: number;
  converged: boolean;
  seconds: number;
}

export interface Trained {
  /** The averaged parameters. */
  parameters: Record<string, NamedArray>;
  loss: number;
  /** One entry per pool; empty for independent pairs. */
  pools: PoolReport[];
  /** Seconds spent in optimiser steps, over all resumes. */
  seconds: number;
  /** The state at the last step, for a checkpoint while measuring. */
  state: CheckpointState;
}

interface Progress {
  step: number;
  pools: PoolReport[];
  recent: number[];
  seconds: number;
}

/** Trains to the last step; null when stopped, with a checkpoint saved. Throws `diverged`, `memory-too-large`. */
export async function train(
  context: RunContext,
  data: PoolData,
  config: FlowsConfig,
): Promise<Trained | null> {
  const { dimension } = data.source;
  const settings: PoolSettings | null =
    config.coupling === 'independent' ? null : { ...config, coupling: config.coupling, seed: context.seed };
  const poolCount = settings ? Math.ceil(config.pairs / config.poolSize) : 0;
  if (settings) checkPools(settings, poolCount * config.poolSize, dimension);
  const bank = settings ? new PairBank(data, poolCount, config.poolSize, context.seed) : null;
  const pairs: PairSupply = bank ?? independentPairs(data, context.seed);
  const progress = restoreProgress(context.resume, bank, config.poolSize);
  const trainer = new Trainer({
    compute: context.compute,
    config,
    dimension,
    image: data.image,
    classes: data.classes ?? 0,
    seed: context.seed,
    pairs,
    now: () => context.now(),
    ...(context.resume ? { state: trainerState(context.resume) } : {}),
  });
  context.final({ 'memory.estimate': trainer.memory.total / 2 ** 20 });
  const arrivals = poolArrivals(poolCount, config.steps);
  const snapshots = snapshotSteps(config.steps, trainer.snapshots);
  const state = () => checkpointOf(progress, trainer, bank, config.poolSize);
  let saved = context.now();
  const save = async () => {
    await context.checkpoint(await state());
    saved = context.now();
  };
  const show = (stage: 'pairing' | 'training', secondsInPool: number) => {
    const left = secondsLeft({
      stepsLeft: config.steps - progress.step,
      secondsPerStep: trainer.secondsPerStep,
      poolsLeft: poolCount - progress.pools.length,
      poolSeconds: progress.pools.map((pool) => pool.seconds),
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
  try {
    for (;;) {
      // Before the pools, so that there is something to look at while the first is paired.
      if (snapshots.includes(progress.step)) await context.snapshot(progress.step, await trainer.averaged());
      while (bank && settings && bank.pools < poolCount && arrivals[bank.pools]! <= progress.step) {
        // A new pool changes what a step draws: steps before it must not have to be repeated after it.
        await trainer.state();
        const report = await nextPool(context, data, settings, bank, (seconds) => {
          // Before the first step there is nothing else to show; later a quick pool need not interrupt the bar.
          if (progress.step === 0 || seconds > 1) show('pairing', seconds);
        });
        if (!report) {
          await save();
          return null;
        }
        progress.pools.push(report);
        if (context.now() - saved > CHECKPOINT_MILLISECONDS) await save();
      }
      if (progress.step === config.steps) break;
      if (context.stopRequested()) {
        await save();
        return null;
      }
      const limit = nextBoundary(progress.step, config.steps, [...arrivals, ...snapshots]);
      const started = context.now();
      const losses = await trainer.advance(progress.step, limit);
      progress.seconds += (context.now() - started) / 1000;
      record(context, progress, losses, config.steps);
      show('training', 0);
      if (context.now() - saved > CHECKPOINT_MILLISECONDS) await save();
    }
    const final = await state();
    await context.checkpoint(final);
    return {
      parameters: await trainer.averaged(),
      loss: progress.recent.reduce((sum, loss) => sum + loss, 0) / progress.recent.length,
      pools: progress.pools,
      seconds: progress.seconds,
      state: final,
    };
  } finally {
    await trainer.close();
  }
}

async function nextPool(
  context: RunContext,
  data: PoolData,
  settings: PoolSettings,
  bank: PairBank,
  onProgress: (seconds: number) => void,
): Promise<PoolReport | null> {
  const pool = bank.pools;
  const started = context.now();
  const seconds = () => (context.now() - started) / 1000;
  onProgress(0);
  const paired = await pairPool(
    context.compute,
    data,
    settings,
    pool,
    () => context.stopRequested(),
    () => onProgress(seconds()),
  );
  if (!paired) return null;
  bank.add(paired.targetRows);
  const { sharpness, iterations, marginalError, converged } = paired;
  context.metric('sharpness', pool, sharpness);
  context.metric('sinkhorn.iterations', pool, iterations);
  context.metric('sinkhorn.marginalError', pool, marginalError);
  if (!converged)
    context.notice(
      `Pool ${pool + 1} was used before its marginals met the tolerance: off by ${marginalError.toExponential(1)} after ${iterations} iterations.`,
    );
  return { sharpness, iterations, marginalError, converged, seconds: seconds() };
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
  { step, pools, recent, seconds }: Progress,
  trainer: Trainer,
  bank: PairBank | null,
  poolSize: number,
): Promise<CheckpointState> {
  const arrays: Record<string, NamedArray> = {};
  for (const [name, { data, shape }] of Object.entries(await trainer.state()))
    arrays[`state/${name}`] = { data, shape };
  if (bank && bank.pools > 0)
    arrays.pairs = {
      data: bank.targetRows.slice(0, bank.pools * poolSize),
      shape: [bank.pools, poolSize],
    };
  return { step, json: { pools: pools.map((pool) => ({ ...pool })), recent: [...recent], seconds }, arrays };
}

function restoreProgress(resume: CheckpointState | null, bank: PairBank | null, poolSize: number): Progress {
  if (!resume) return { step: 0, pools: [], recent: [], seconds: 0 };
  const rows = resume.arrays.pairs?.data as Int32Array | undefined;
  if (bank && rows)
    for (let first = 0; first < rows.length; first += poolSize) bank.add(rows.slice(first, first + poolSize));
  const { pools, recent, seconds } = resume.json as unknown as Omit<Progress, 'step'>;
  return { step: resume.step, pools: [...pools], recent: [...recent], seconds };
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
