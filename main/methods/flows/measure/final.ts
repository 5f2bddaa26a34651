/** @file The numbers at the end of a run: curvature, and the sliced distance to rows never trained on at several budgets. */
import type { RunContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { Source } from '../points/source';
import type { PreparedInputs } from '../points/prepare';
import { gatherRows } from '../../../numerics/gather';
import { unstandardise } from '../points/standardise';
import { solveFixed } from '../../../ode/fixed';
import type { Velocity } from '../../../ode/types';
import { MongeError } from '../../../../native-models/error';
import { openDivergence } from '../divergence';
import type { Parameters } from '../model';
import { showStage } from '../stage';
import { curvature } from './curvature';
import {
  bitsPerDimension,
  dequantise,
  LIKELIHOOD_EVALUATIONS,
  negativeLogLikelihood,
  signs,
} from './likelihood';
import { projectCloud, randomDirections, slicedWasserstein2 } from '../../../numerics/sliced-wasserstein';
import { giveUp, stoppable, unlessStopped } from './stop';
import { exactWasserstein2, totalVariance, twoSample, unexplainedVariance } from './two-sample';

/** Euler budgets at which generated points are compared with real ones. */
export const BUDGETS = [1, 4, 64] as const;
/** What is shown as progress: the curvature, the floor and each budget. */
export const STAGES = BUDGETS.length + 2;
const MOST_POINTS = 20_000;
/** Numbers per cloud: high dimension gets fewer points. */
const MOST_NUMBERS = 2 ** 21;
const CURVATURE_PATHS = 4096;
/** Numbers that go through the 50 steps of the curvature: images take long, and some hundred paths have a steady mean. */
const CURVATURE_NUMBERS = 2 ** 19;

export interface FinalMeasures {
  /** κ in squared data units. */
  curvature: number;
  /** Sliced W2 between two disjoint sets of real rows of the size used throughout. */
  floor: number;
  /** Sliced W2 at each of `BUDGETS`. */
  distances: number[];
  /** L2-UVP by evaluations, energy and further distances by their metric's name. */
  further: Record<string, number>;
  /** Points in each cloud. */
  points: number;
  /** [points, dimension] what was generated, by budget. */
  generated: ReadonlyMap<number, Float32Array>;
}

/**
 * Compares generated points with the held-out rows, all in data units; the floor compares training rows with the
 * same held-out rows, at the same size. Null when stopped.
 */
export async function finalMeasures(
  context: RunContext,
  { metrics, directions: lines }: Pick<FlowsConfig, 'metrics' | 'directions'>,
  velocity: Velocity,
  prepared: PreparedInputs,
  rows: { training: Int32Array; heldOut: Int32Array },
): Promise<FinalMeasures | null> {
  const { dimension, matrix, source, standardisation } = prepared;
  const { seed } = context;
  const shouldStop = () => context.stopRequested();
  const onProgress = (done: number) => showStage(context, 'measuring', done, STAGES);
  const count = Math.min(
    rows.heldOut.length,
    rows.training.length,
    MOST_POINTS,
    Math.max(64, Math.floor(MOST_NUMBERS / dimension)),
  );
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
    const directions = randomDirections(seed, lines, dimension);
    const project = (points: Float32Array) => projectCloud(points, directions, dimension);
    const heldOut = gatherRows(matrix.data, dimension, spreadRows(rows.heldOut, count));
    const training = gatherRows(matrix.data, dimension, spreadRows(rows.training, count));
    const real = project(heldOut);
    const floor = slicedWasserstein2(real, project(training));
    if (metrics !== 'sliced') further['energy.floor'] = twoSample(training, heldOut, dimension).energy;
    onProgress(2);
    const distances: number[] = [];
    const generated = new Map<number, Float32Array>();
    for (const [k, budget] of BUDGETS.entries()) {
      const { points } = await solveFixed(checked, start, 'euler', budget);
      generated.set(budget, points);
      distances.push(slicedWasserstein2(project(points), real));
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
    return { curvature: mean, floor, distances, further, points: count, generated };
  });
}

/** `negativeLogLikelihood`, its standard error and `bitsPerDimension` of held-out rows; null when stopped. */
export async function finalLikelihood(
  context: RunContext,
  config: FlowsConfig,
  parameters: Parameters,
  prepared: PreparedInputs,
  heldOut: Int32Array,
): Promise<Record<string, number> | null> {
  const { compute, seed } = context;
  const { likelihood: kind } = config;
  if (kind === 'none') return {};
  const { dimension, matrix, source, standardisation } = prepared;
  const rows = spreadRows(heldOut, Math.min(config.likelihoodRows, heldOut.length));
  const exact = gatherRows(matrix.data, dimension, rows);
  const points = matrix.image ? dequantise(exact, seed) : exact;
  const model = await openDivergence(compute, config, prepared, standardisation, kind);
  const measured = unlessStopped(async () => {
    const labels =
      config.condition === 'label' && prepared.labels
        ? Int32Array.from(rows, (row) => prepared.labels![row]!)
        : undefined;
    const field = model.at(parameters, { probes: signs(seed, points.length), labels });
    const density = source.density ?? { mean: standardisation.mean, deviation: standardisation.scale };
    let done = 0;
    const watchedField: typeof field = (time, at) => {
      if (context.stopRequested()) giveUp();
      showStage(context, 'likelihood', done++, LIKELIHOOD_EVALUATIONS);
      return field(time, at);
    };
    const { mean, standardError } = await negativeLogLikelihood(watchedField, points, density);
    return {
      negativeLogLikelihood: mean,
      bitsPerDimension: bitsPerDimension(mean, dimension, matrix.image !== undefined),
      'bitsPerDimension.error': standardError / (dimension * Math.LN2),
    };
  });
  return measured.finally(() => model.close());
}

/** Throws `likelihood-needs-noise`, before any work: a data set as a source has no density. */
export function checkLikelihood({ likelihood }: Pick<FlowsConfig, 'likelihood'>, { kind }: Source): void {
  if (likelihood === 'none' || kind === 'noise') return;
  throw new MongeError({
    code: 'likelihood-needs-noise',
    what: 'a flow has a density only where it starts from noise',
    where: { key: 'likelihood' },
    got: 'a data set as the source',
    help: 'set likelihood to none, or leave the source out',
  });
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
