/** @file The numbers at the end of a run: curvature, and the sliced distance to rows never trained on at several budgets. */
import type { RunContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { Source } from '../points/source';
import type { PreparedInputs, RowsApart } from '../points/prepare';
import { gatherRows } from '../../../numerics/gather';
import { unstandardise } from '../points/standardise';
import { solveFixed, type Velocity } from '../../../ode/fixed';
import { projectCloud, randomDirections, slicedWasserstein2 } from '../../../numerics/sliced-wasserstein';
import { exactWasserstein2, totalVariance, twoSample, unexplainedVariance } from './two-sample';

/** Euler budgets at which generated points are compared with real ones. */
const BUDGETS = [1, 4, 64] as const;
/** What is shown as progress: the curvature, the floor and each budget. */
export const STAGES = BUDGETS.length + 2;
const MOST_POINTS = 20_000;
/** Numbers per cloud: high dimension gets fewer points. */
const MOST_NUMBERS = 2 ** 21;
/** Steps of the reference integration (LSC, section 4). */
const CURVATURE_STEPS = 50;
const CURVATURE_PATHS = 4096;
/** Numbers that go through the 50 steps of the curvature: images take long, and some hundred paths have a steady mean. */
const CURVATURE_NUMBERS = 2 ** 19;
/** Of measures that a person can stop: they give up from within, and nothing is told of them. */
const STOPPED = new Error('stopped');

/**
 * Compares generated points with the held-out rows, all in data units; the floor compares training rows with the
 * same held-out rows, at the same size. Null when stopped.
 */
export async function finalMeasures(
  context: RunContext,
  { metrics, directions: lines }: Pick<FlowsConfig, 'metrics' | 'directions'>,
  velocity: Velocity,
  prepared: PreparedInputs,
  rows: RowsApart,
) {
  const { dimension, matrix, source, standardisation } = prepared;
  const { seed } = context;
  const shouldStop = () => context.stopRequested();
  const onProgress = (step: number) =>
    context.progress({ stage: 'measuring', step, steps: STAGES, stepsPerSecond: null });
  const count = cloudSize(rows, dimension);
  const start = unstandardise(measurePoints(source, seed, count), standardisation);
  const checked = stoppable(velocity, shouldStop);
  return unlessStopped(async () => {
    const paths = start.subarray(0, Math.min(count, pathsFor(dimension)) * dimension);
    const { mean, end, kineticGap } = await curvature(checked, paths, dimension);
    // The two are one number by an identity; a gap says that the end points were not those of the path.
    const further: Record<string, number> = {
      'curvature.mean': mean / dimension,
      'curvature.kineticGap': kineticGap,
    };
    const { trueMap } = prepared;
    const truth = trueMap?.(start);
    const variance = truth ? totalVariance(matrix.data, dimension) : 1;
    if (truth)
      further['uvp.nfe50'] = unexplainedVariance(end, truth.subarray(0, end.length), dimension, variance);
    onProgress(1);
    const { heldOut, training, floor, distanceOf } = realClouds(prepared, rows, count, seed, lines);
    const sliced: Record<string, number> = { 'slicedW2.floor': floor };
    if (metrics !== 'sliced') further['energy.floor'] = twoSample(training, heldOut, dimension).energy;
    onProgress(2);
    const generated = new Map<number, Float32Array>();
    for (const [k, budget] of BUDGETS.entries()) {
      const { points } = await solveFixed(checked, start, 'euler', budget);
      generated.set(budget, points);
      sliced[`slicedW2.nfe${budget}`] = distanceOf(points);
      if (truth && budget <= 4)
        further[`uvp.nfe${budget}`] = unexplainedVariance(points, truth, dimension, variance);
      if (metrics !== 'sliced') {
        const { energy, ...rest } = twoSample(points, heldOut, dimension);
        further[`energy.nfe${budget}`] = energy;
        if (metrics === 'all') {
          for (const [name, value] of Object.entries(rest)) further[`${name}.nfe${budget}`] = value;
          const exact = await exactWasserstein2(context.compute, points, heldOut, dimension, shouldStop);
          further[`exactW2.nfe${budget}`] = exact ?? giveUp();
        }
      }
      onProgress(3 + k);
    }
    return {
      /** κ in squared data units. */
      curvature: mean,
      /** Sliced W2 by the metric's name: at each of `BUDGETS`, and of two disjoint sets of real rows of that size. */
      sliced,
      /** L2-UVP by evaluations, energy and further distances by their metric's name. */
      further,
      /** Points in each cloud. */
      points: count,
      /** [points, dimension] what was generated, by budget. */
      generated,
    };
  });
}

/** Points of all clouds that are compared: no more than there are rows, and fewer in high dimension. */
export function cloudSize(rows: RowsApart, dimension: number, most = MOST_POINTS): number {
  const affordable = Math.max(64, Math.floor(MOST_NUMBERS / dimension));
  return Math.min(rows.heldOut.length, rows.training.length, most, affordable);
}

/** `count` held-out rows, to which others are compared, and as many training rows; in data units. */
export function realClouds(
  { matrix, dimension }: PreparedInputs,
  rows: RowsApart,
  count: number,
  seed: number,
  lines: number,
) {
  const directions = randomDirections(seed, lines, dimension);
  const project = (points: Float32Array) => projectCloud(points, directions, dimension);
  const heldOut = gatherRows(matrix.data, dimension, spreadRows(rows.heldOut, count));
  const training = gatherRows(matrix.data, dimension, spreadRows(rows.training, count));
  const real = project(heldOut);
  /** Sliced W2 to the held-out rows. */
  const distanceOf = (points: Float32Array) => slicedWasserstein2(project(points), real);
  return { count, heldOut, training, distanceOf, floor: distanceOf(training) };
}

function pathsFor(dimension: number): number {
  return Math.min(CURVATURE_PATHS, Math.max(256, Math.floor(CURVATURE_NUMBERS / dimension)));
}

/** [count, dimension] the source points, in model units, from which everything at the end of a run is generated. */
export function measurePoints(source: Source, seed: number, count: number): Float32Array {
  return source.draw(seed, 'flows.measure.source', 0, count);
}

/** `count` of the rows, evenly spread over them. */
export function spreadRows(rows: Int32Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => rows[Math.floor((k * rows.length) / count)]!);
}

/** κ of the paths that start at `start` [n, dimension], with Euler steps. */
export async function curvature(
  velocity: Velocity,
  start: Float32Array,
  dimension: number,
  steps = CURVATURE_STEPS,
) {
  const velocities: Float32Array[] = [];
  const recorded: Velocity = async (time, points) => {
    const value = await velocity(time, points);
    velocities.push(value);
    return value;
  };
  const { points: end } = await solveFixed(recorded, start, 'euler', steps);
  const count = start.length / dimension;
  const perPath = new Float32Array(count);
  const profile = new Float32Array(steps);
  let kinetic = 0;
  let displacement = 0;
  for (let step = 0; step < steps; step++) {
    const value = velocities[step]!;
    let sum = 0;
    for (let path = 0, k = 0; path < count; path++) {
      let deviation = 0;
      for (let column = 0; column < dimension; column++, k++) {
        kinetic += value[k]! ** 2;
        deviation += (value[k]! - (end[k]! - start[k]!)) ** 2;
      }
      perPath[path]! += deviation / steps;
      sum += deviation;
    }
    profile[step] = sum / count;
  }
  for (let k = 0; k < start.length; k++) displacement += (end[k]! - start[k]!) ** 2;
  return {
    /** κ: mean over paths, squared units of the points. */
    mean: profile.reduce((total, value) => total + value, 0) / steps,
    /** [n] ∫‖v(t,x_t) − (x₁−x₀)‖² dt of each path, summed over coordinates. */
    perPath,
    /** [steps] left ends of the Euler steps. */
    times: Float32Array.from({ length: steps }, (_, step) => step / steps),
    /** [steps] mean over paths of the integrand. */
    profile,
    /** ∫E‖v‖² dt − E‖x₁−x₀‖², which equals κ: kinetic energy minus squared displacement. */
    kineticGap: (kinetic / steps - displacement) / count,
    /** [n, dimension] end points, a by-product. */
    end,
  };
}

/** Ends the work of `unlessStopped` from within. */
export function giveUp(): never {
  throw STOPPED;
}

/** What `work` resolves to; null where it gave up. */
export async function unlessStopped<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown === STOPPED) return null;
    throw thrown;
  }
}

/** The velocity, which gives up once `shouldStop` says so. */
export function stoppable(velocity: Velocity, shouldStop: () => boolean): Velocity {
  return (time, points) => (shouldStop() ? giveUp() : velocity(time, points));
}
