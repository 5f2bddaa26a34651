/** @file What the Flows panel says: what is shown, what is going on, and what Run will do. */
import type { RunRecord } from '../../../main/rpc/contract';
import { count as formatCount, number as formatNumber, plural } from '../../../figures/format';
import type { Curvature } from './motion/scenes';
import type { FlowSolver, Pairs } from './scene';

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
export function stageSubtitle(facts: {
  particles: number;
  rowsShown: number;
  rows: number | null;
  solver: FlowSolver;
  evaluations: number;
  step: number;
  steps: number;
  noiseSeed: number;
}): string {
  return [
    `${formatCount(facts.particles)} particles`,
    rowsText(facts.rowsShown, facts.rows),
    `${solverTitles[facts.solver]}, ${plural(facts.evaluations, 'evaluation')}`,
    `step ${formatCount(facts.step)} of ${formatCount(facts.steps)}`,
    `noise seed ${facts.noiseSeed}`,
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
