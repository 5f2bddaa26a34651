/** @file The runs that figures draw beside each other, and how much of a run's flow is asked for at a time. */
import type { RunRecord } from '../../../main/rpc/contract';
import { compareColor } from '../../../figures/palette';
import type { MarkOptions } from '../../../figures/plot';
import type { ColorToken } from '../../../figures/scene';
import { dataOf } from '../../state/references';
import { isActive } from '../../state/runs.svelte';

/** The name and colour that a run has in every figure. */
export interface Look {
  id: string;
  label: string;
  color: ColorToken;
  /** Laid over the shown run. */
  compared: boolean;
}
export type ShownRun = Look & { run: RunRecord };
/** One run's answer. */
export type Shown<A> = Look & { answer: A };

/** The shown run and those compared with it. */
export function shownRuns(run: RunRecord | null, compare: readonly RunRecord[]): ShownRun[] {
  if (!run) return [];
  return [run, ...compare].map((one, place) => ({
    run: one,
    id: one.id,
    label: place === 0 ? 'this run' : one.name,
    color: place === 0 ? 'series-1' : compareColor(place - 1),
    compared: place > 0,
  }));
}

/** The curve of a run, dashed where it is laid over the shown one. */
export function runLine(
  { id, label, color, compared }: Look,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): Extract<MarkOptions, { kind: 'line' }> {
  return { kind: 'line', id, label, color, x, y, stroke: compared ? 'dashed' : 'solid' };
}

/** Whether two runs learnt from the same rows, so that their particles live in the same plane. */
export function sameData(one: RunRecord, other: RunRecord): boolean {
  const hashes = (run: RunRecord): string =>
    dataOf(run)
      .map((data) => `${data.input} ${data.sha256}`)
      .join();
  return hashes(one) === hashes(other);
}

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
