/** @file How much of a run's flow is asked for at a time: what its network costs per point decides. */
import type { RunRecord } from '../../../main/rpc/contract';

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

export function sizesFor({ config }: RunRecord): Sizes {
  return config.network === 'unet' || config.network === 'transformer' ? ofImages : ofColumns;
}
