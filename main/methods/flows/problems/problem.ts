/** @file Problems with known transport maps: data = T₀(noise), the map being the gradient of a convex function. */
import { stream } from '../../../../native-models';
import type { Matrix } from '../../../data/types';
import type { FlowsConfig } from '../config';
import { convexMap, convexProblem } from './convex';
import { piecewiseAffine, piecewiseAffineMap } from './piecewise-affine';

/** The settings that name a problem. */
export type ProblemConfig = Pick<
  FlowsConfig,
  'problem' | 'dimension' | 'pieces' | 'problemRows' | 'problemSeed'
>;

/** [n, dimension] to [n, dimension]. */
export type PointMap = (points: Float32Array) => Float32Array;

export interface Problem {
  /** [problemRows, dimension] T₀ of source points that are kept from everyone. */
  matrix: Matrix;
  /** T₀ in data units; the optimal map from N(0, I) to the data's law (Brenier 1991). */
  map: PointMap;
}

/** The problem of these settings, or null where the flow learns from a data set. The run's own seed plays no part. */
export function makeProblem(config: ProblemConfig): Problem | null {
  const { dimension, problemRows: rows, problemSeed: seed } = config;
  const map = knownMap(config);
  if (!map) return null;
  const hidden = stream(seed, 'flows.problem.points').normal(new Float32Array(rows * dimension));
  const names = Array.from({ length: dimension }, (_, k) => `x${k + 1}`);
  return { matrix: { rows, columns: dimension, data: map(hidden), names }, map };
}

function knownMap({ problem, dimension, pieces, problemSeed }: ProblemConfig): PointMap | null {
  if (problem === 'data') return null;
  if (problem === 'convex') {
    const made = convexProblem(dimension, problemSeed);
    return (points) => convexMap(made, points);
  }
  const made = piecewiseAffine(dimension, pieces, problemSeed);
  return (points) => piecewiseAffineMap(made, points);
}
