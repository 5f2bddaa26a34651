/** @file The numbers at the end of a run: curvature, and the sliced distance to rows never trained on at several budgets. */
import type { Source } from '../points/source';
import type { PreparedInputs } from '../points/prepare';
import { gatherRows } from '../points/source';
import { unstandardise } from '../points/standardise';
import { solveFixed } from '../solver/fixed';
import type { Velocity } from '../solver/types';
import { curvature } from './curvature';
import { projectCloud, randomDirections, slicedWasserstein2 } from './sliced-wasserstein';

/** Euler budgets at which generated points are compared with real ones. */
export const BUDGETS = [1, 4, 64] as const;
const MOST_POINTS = 20_000;
/** Numbers per cloud: high dimension gets fewer points. */
const MOST_NUMBERS = 2 ** 21;
const CURVATURE_PATHS = 4096;

export interface FinalMeasures {
  /** κ in squared data units. */
  curvature: number;
  /** Sliced W2 between two disjoint sets of real rows of the size used throughout. */
  floor: number;
  /** Sliced W2 at each of `BUDGETS`. */
  distances: number[];
  /** Points in each cloud. */
  points: number;
}

/**
 * Compares generated points with the held-out rows, all in data units; the floor compares training rows with the
 * same held-out rows, at the same size. Null when stopped.
 */
export async function finalMeasures(
  velocity: Velocity,
  prepared: PreparedInputs,
  rows: { training: Int32Array; heldOut: Int32Array },
  options: {
    seed: number;
    directions: number;
    shouldStop: () => boolean;
    onProgress: (done: number) => void;
  },
): Promise<FinalMeasures | null> {
  const { dimension, matrix, source, standardisation } = prepared;
  const { seed, shouldStop, onProgress } = options;
  const count = Math.min(
    rows.heldOut.length,
    rows.training.length,
    MOST_POINTS,
    Math.max(64, Math.floor(MOST_NUMBERS / dimension)),
  );
  const start = unstandardise(measurePoints(source, seed, count), standardisation);
  const checked = stoppable(velocity, shouldStop);
  try {
    const paths = start.subarray(0, Math.min(count, CURVATURE_PATHS) * dimension);
    const { mean } = await curvature(checked, paths, dimension);
    onProgress(1);
    const directions = randomDirections(seed, options.directions, dimension);
    const project = (points: Float32Array) => projectCloud(points, directions, dimension);
    const real = project(gatherRows(matrix.data, dimension, spread(rows.heldOut, count)));
    const other = project(gatherRows(matrix.data, dimension, spread(rows.training, count)));
    const floor = slicedWasserstein2(real, other);
    onProgress(2);
    const distances: number[] = [];
    for (const [k, budget] of BUDGETS.entries()) {
      const { points } = await solveFixed(checked, start, 'euler', budget);
      distances.push(slicedWasserstein2(project(points), real));
      onProgress(3 + k);
    }
    return { curvature: mean, floor, distances, points: count };
  } catch (thrown) {
    if (thrown === STOPPED) return null;
    throw thrown;
  }
}

function measurePoints(source: Source, seed: number, count: number): Float32Array {
  return source.draw(seed, 'flows.measure.source', 0, count);
}

/** `count` of the rows, evenly spread over them. */
export function spread(rows: Int32Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => rows[Math.floor((k * rows.length) / count)]!);
}

const STOPPED = new Error('stopped');

function stoppable(velocity: Velocity, shouldStop: () => boolean): Velocity {
  return (time, points) => {
    if (shouldStop()) throw STOPPED;
    return velocity(time, points);
  };
}
