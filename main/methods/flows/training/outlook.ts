/** @file How long the rest of training takes: steps by their recent pace, and the pools that are still to be paired. */

/** A pool is expected to take as long as the mean of the last few: the first one also compiles. */
const RECENT_POOLS = 4;

export interface Outlook {
  stepsLeft: number;
  /** Infinity before the first step. */
  secondsPerStep: number;
  /** Pools not ready yet, the one under way included. */
  poolsLeft: number;
  /** What each pool so far took. */
  poolSeconds: readonly number[];
  /** Time spent on the pool under way. */
  secondsInPool: number;
}

/**
 * Seconds to the last step; undefined while a part of it cannot be judged. Pools arrive in the first half of training
 * only, so the pace of the past would be wrong for the rest.
 */
export function secondsLeft(outlook: Outlook): number | undefined {
  const { stepsLeft, secondsPerStep, poolsLeft, poolSeconds, secondsInPool } = outlook;
  const recent = poolSeconds.filter(Number.isFinite).slice(-RECENT_POOLS);
  const perPool = recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
  const pools = poolsLeft === 0 ? 0 : poolsLeft * perPool - Math.min(secondsInPool, perPool);
  const seconds = pools + stepsLeft * secondsPerStep;
  return Number.isFinite(seconds) ? seconds : undefined;
}
