/** @file What is kept of the pools' reports: sums for the means, so that millions of pools do not grow a checkpoint. */
import type { PoolReport } from './coupling';

/** Pools whose durations are remembered. */
const RECENT = 4;

export type PoolSummary = ReturnType<typeof emptySummary>;

export function emptySummary() {
  return {
    pools: 0,
    /** Seconds in pairing, preparation included. */
    seconds: 0,
    /** Seconds of the last few pools. */
    recentSeconds: [] as number[],
    /** The worst marginal error; null for infinity, which JSON lacks. */
    worstError: 0 as number | null,
    /** Pools whose marginals did not meet the tolerance. */
    unconverged: 0,
    /** Sum over the pools of each number of their reports. */
    sums: {} as Record<string, number>,
  };
}

/** Adds a pool. */
export function addReport(summary: PoolSummary, report: PoolReport, seconds: number): void {
  summary.pools++;
  summary.seconds += seconds;
  summary.recentSeconds = [...summary.recentSeconds, seconds].slice(-RECENT);
  const worst = Math.max(summary.worstError ?? Infinity, report.marginalError);
  summary.worstError = Number.isFinite(worst) ? worst : null;
  if (!report.converged) summary.unconverged++;
  const { sharpness, iterations, epsilon, metrics } = report;
  for (const [name, value] of Object.entries({ sharpness, iterations, epsilon, ...metrics }))
    if (Number.isFinite(value)) summary.sums[name] = (summary.sums[name] ?? 0) + value;
}

/**
 * Final numbers of a run: means over the pools, and the worst marginal error. Pairs without pools have E = 1, but for
 * the known map, which draws one row per point: E = 0.
 */
export function couplingMetrics(summary: PoolSummary, withoutPools = 1): Record<string, number> {
  const { pools, sums, worstError } = summary;
  const mean = (name: string) => sums[name]! / pools;
  if (pools === 0) return { sharpness: withoutPools, 'sinkhorn.iterations': 0, 'sinkhorn.marginalError': 0 };
  const { sharpness: _e, iterations: _i, ...others } = sums;
  return {
    sharpness: mean('sharpness'),
    'sinkhorn.iterations': mean('iterations'),
    'sinkhorn.marginalError': worstError ?? Infinity,
    ...Object.fromEntries(Object.keys(others).map((name) => [name, mean(name)])),
  };
}
