/** @file How much of a run's flow is asked for at a time: what its network costs per point decides. */
import type { RunRecord } from '../../../main/rpc/contract';
import { isActive } from '../../state/runs.svelte';

export interface Sizes {
  /** Particles of the stage. */
  particles: number;
  /** Paths integrated finely: curvature, speed, error of few steps. */
  paths: number;
  /** Points per cloud of the distance curves. */
  cloud: number;
}

/** Enough to see a shape; few enough to integrate with 64 evaluations between two frames. */
const ofColumns: Sizes = { particles: 2000, paths: 512, cloud: 2048 };
/** A network of images takes milliseconds per picture: more than these would keep every other answer waiting for minutes. */
const ofImages: Sizes = { particles: 256, paths: 32, cloud: 128 };

export function sizesFor(run: RunRecord): Sizes {
  return isSlow(run) ? ofImages : ofColumns;
}

/** Evaluations that pictures of a network of images may take while it trains: each snapshot's pictures hold it up. */
const mostLive = 8;

/** The columns of a grid of samples: all `budgets` once the run has come to rest, the cheap ones until then. */
export function budgetsFor(run: RunRecord, budgets: readonly number[]): number[] {
  return isSlow(run) && isActive(run) ? budgets.filter((budget) => budget <= mostLive) : [...budgets];
}

function isSlow({ config }: RunRecord): boolean {
  return config.network === 'unet' || config.network === 'transformer';
}
