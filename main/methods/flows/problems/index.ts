/** @file The benchmarks with a known optimal map from N(0, I), by the name of the setting. */
import { stream } from '../../../../native-models';
import type { Matrix } from '../../../contract/data';
import type { FlowsConfig } from '../config';
import { convexMap } from './convex';
import { piecewiseAffine } from './piecewise-affine';

export type ProblemConfig = Pick<
  FlowsConfig,
  'problem' | 'dimension' | 'pieces' | 'problemRows' | 'problemSeed'
>;

export type Problem = NonNullable<ReturnType<typeof problemOf>>;

/** The benchmark that the settings name, or null for data. */
export function problemOf(config: ProblemConfig) {
  const { problem, dimension, pieces, problemRows, problemSeed } = config;
  if (problem === 'data') return null;
  const { map } =
    problem === 'convex'
      ? convexMap(dimension, problemSeed)
      : piecewiseAffine(dimension, pieces, problemSeed);
  const hidden = stream(problemSeed, 'flows.problem.points').normal(
    new Float32Array(problemRows * dimension),
  );
  const names = Array.from({ length: dimension }, (_, k) => `x${k + 1}`);
  /** Points T₀(x₀′) of source points of their own, which no run ever sees. */
  const matrix: Matrix = { rows: problemRows, columns: dimension, data: map(hidden), names };
  /** `map` is T₀ of points [n, d] of N(0, I), in data units; a new array. */
  return { matrix, map };
}
