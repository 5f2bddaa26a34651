/** @file What the Flows panel says: what is shown, what is going on, what Run will do, and what a coupling is like. */
import type { RunRecord } from '../../../main/rpc/contract';
import { count as formatCount, number as formatNumber, plural } from '../../../figures/format';
import type { Coupling, CouplingKind } from './coupling/coupling.svelte';
import type { FlowsState } from './flows.svelte';
import type { Curvature } from './motion/scenes';
import type { FlowSolver, Pairs, PairsKind, Trajectories } from './scene';

export const solverTitles: Record<FlowSolver, string> = {
  euler: 'Euler',
  midpoint: 'Midpoint',
  heun: 'Heun',
  rk4: 'RK4',
  dopri5: 'Dopri5',
  dpm2: 'DPM-Solver-2',
};

const pairedBy: Record<string, string> = {
  sinkhorn: ' by Sinkhorn',
  assignment: ' by assignment',
  semidiscrete: ', semidiscrete',
};

/** Optimiser steps the run was asked for; its progress counts other things while it measures. */
export function trainingSteps(run: RunRecord): number {
  const { steps } = run.config;
  return typeof steps === 'number' ? steps : run.progress.steps;
}

/** What the run does while the particles cannot move yet, or move no more; null while they train. */
export function activity(run: RunRecord | null): string | null {
  if (!run) return null;
  if (run.status === 'queued') return 'Waiting for another run to end';
  if (run.status !== 'running') return null;
  const { stage, step } = run.progress;
  if (stage === 'measuring') return 'Training is over; measuring the distance to held-out data';
  const first = stage === 'pairing the first pool';
  if (!first && (step > 0 || stage === 'training')) return null;
  const { poolSize, coupling } = run.config;
  const points = typeof poolSize === 'number' ? `${formatCount(poolSize)} points` : 'the first points';
  const how = typeof coupling === 'string' ? (pairedBy[coupling] ?? '') : '';
  return first || stage === 'pairing' ? `Pairing ${points} with noise${how}` : 'Reading the data';
}

/** "2,000 particles · 2,000 of 6,000 rows · Euler, 4 evaluations · step 1,500 of 4,000 · noise seed 7". */
export function stageSubtitle(
  { count, evaluations, step }: Pick<Trajectories, 'count' | 'evaluations' | 'step'>,
  rows: string,
  { solver, noiseSeed }: Pick<FlowsState, 'solver' | 'noiseSeed'>,
  steps: number,
): string {
  return [
    `${formatCount(count)} particles`,
    rows,
    `${solverTitles[solver]}, ${plural(evaluations, 'evaluation')}`,
    `step ${formatCount(step)} of ${formatCount(steps)}`,
    `noise seed ${noiseSeed}`,
  ].join(' · ');
}

/** The mean of the values; 0 of none. */
export function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** "2,000 of 6,000 rows", or all of them. */
export function rowsText(shown: number, all: number | null): string {
  return all !== null && all > shown
    ? `${formatCount(shown)} of ${formatCount(all)} rows`
    : `${formatCount(shown)} rows`;
}

/** "512 pairs, E(P) 0.05, mean cost 0.62 squared data units". */
export function pairsText({ cost, sharpness }: Pairs): string {
  return `${formatCount(cost.length)} pairs, E(P) ${formatNumber(sharpness)}, mean cost ${formatNumber(mean(cost))} squared data units`;
}

/** Why a figure of a run is empty: nothing to show yet, or an answer on its way. */
export function waitingText(run: RunRecord | null): string {
  if (!run) return 'Starts with Run.';
  return run.snapshots.length === 0 ? 'Comes with the first snapshot.' : 'Integrating the flow …';
}

/** What the curvature is, or its mean over how many paths. */
export function curvatureText(curvature: Curvature | null): string {
  if (!curvature) return '∫‖v − (x₁ − x₀)‖² dt, 0 is straight';
  const { perPath, step } = curvature;
  return `mean ${formatNumber(mean(perPath))} · ${formatCount(perPath.length)} paths, 50 Euler steps · step ${formatCount(step)}`;
}

export const couplingTitles: Record<CouplingKind, string> = {
  independent: 'Independent',
  assignment: 'Assignment',
  sinkhorn: 'Sinkhorn',
  semidiscrete: 'Semidiscrete',
};

export const couplingHelp: Record<CouplingKind, string> = {
  independent: 'Every source point may get any data point: plain flow matching',
  assignment: 'The one-to-one pairing of least total cost',
  sinkhorn: 'Entropic optimal transport between the two: from sharp to blurred with ε',
  semidiscrete:
    'These data points as the whole finite data set: one price each, learned from fresh noise; any noise point then finds its data point',
};

export const pairsTitles: Record<PairsKind, string> = { ...couplingTitles, map: 'Known map' };

/** How the run pairs; null where its setting is none that pairs can be drawn for. */
export function pairsKindOf(run: RunRecord): PairsKind | null {
  const { coupling } = run.config;
  return typeof coupling === 'string' && coupling in pairsTitles ? (coupling as PairsKind) : null;
}

/** "512 of 6,000 rows · Var(x₁|x₀) 4 % of Var(x₁) · mean cost 0.62 squared data units, one draw per source point". */
export function stageText(answer: Coupling, rows: number | null): string {
  const { count, cost, conditionalVariance } = answer;
  return `${rowsText(count, rows)} · Var(x₁|x₀) ${percentText(conditionalVariance)} of Var(x₁) · mean cost ${formatNumber(mean(cost))} squared data units, one draw per source point`;
}

/** "84 iterations · error 9e-4 · 0.12 s", or what the other kinds are. */
export function solveText(answer: Coupling, kind: CouplingKind): string {
  if (kind === 'independent') return 'nothing to solve';
  const time = `${formatNumber(answer.seconds)} s`;
  if (kind === 'assignment') return `exact · ${time}`;
  if (kind === 'semidiscrete') {
    const even = `χ² ${formatNumber(Math.max(0, answer.marginalError))}`;
    const short = answer.converged ? '' : ' (not even yet)';
    return `${formatCount(answer.iterations)} ascent steps · ${even}${short} · ${time}`;
  }
  const error = `error ${answer.marginalError.toExponential(0)}`;
  const short = !answer.reached ? ' · E* is out of reach' : answer.converged ? '' : ' (not converged)';
  return `${formatCount(answer.iterations)} iterations · ${error}${short} · ${time}`;
}

/** "mean 4.2 of 512, exp of each row’s entropy": the mean number of data points a source point is spread over. */
export function targetsText({ effectiveTargets, count }: Coupling): string {
  return `mean ${formatNumber(mean(effectiveTargets))} of ${formatCount(count)}, exp of each row’s entropy`;
}

/** "63 % of the data drawn, one of them 5 times". */
export function drawsText({ draws, count }: Coupling): string {
  const drawn = draws.reduce((sum, times) => sum + (times > 0 ? 1 : 0), 0);
  const most = draws.reduce((largest, times) => Math.max(largest, times), 0);
  const times = most === 1 ? 'each once' : `one of them ${formatCount(most)} times`;
  return `${percentText(drawn / Math.max(1, count))} of the data drawn, ${times}`;
}

function percentText(share: number): string {
  return `${formatNumber(100 * share)} %`;
}
