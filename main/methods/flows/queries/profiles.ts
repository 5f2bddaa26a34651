/** @file What a velocity does along its paths and over the plane: speed, few-step error and divergence. Any velocity will do. */
import { squaredDistance } from '../../../numerics/points';
import { solve } from '../../../ode/solve';
import type { FlowSolver, Velocity } from '../../../ode/types';

const SPEED_STEPS = 50;
/** Evaluations that stand for the whole path when a cheaper one is judged. */
const REFERENCE_EVALUATIONS = 64;

/** Speed of `start` [n, dimension] along 50 Euler steps; a straight flow at constant speed gives flat lines. */
export async function speedProfile(velocity: Velocity, start: Float32Array, dimension: number) {
  const count = start.length / dimension;
  const profile = {
    /** [50] k/50. */
    times: Float32Array.from({ length: SPEED_STEPS }, (_, k) => k / SPEED_STEPS),
    /** Mean, 10 % and 90 % quantile over particles of ‖v‖ at each time, in data units per unit of time. */
    mean: new Float32Array(SPEED_STEPS),
    low: new Float32Array(SPEED_STEPS),
    high: new Float32Array(SPEED_STEPS),
  };
  const points = start.slice();
  for (let step = 0; step < SPEED_STEPS; step++) {
    const slope = await velocity(step / SPEED_STEPS, points);
    const speeds = distances(slope, new Float32Array(slope.length), dimension).sort();
    profile.mean[step] = speeds.reduce((sum, speed) => sum + speed, 0) / count;
    profile.low[step] = speeds[Math.floor(0.1 * (count - 1))]!;
    profile.high[step] = speeds[Math.ceil(0.9 * (count - 1))]!;
    for (let k = 0; k < points.length; k++) points[k]! += slope[k]! / SPEED_STEPS;
  }
  return profile;
}

/** [n] ‖x at `evaluations` − x at 64 evaluations‖ of the same solver from the same start, in data units. */
export async function fewStepErrors(
  velocity: Velocity,
  start: Float32Array,
  options: { solver: FlowSolver; evaluations: number; dimension: number },
): Promise<{ evaluations: number; errors: Float32Array }> {
  const few = await solve(velocity, start, options);
  const reference = await solve(velocity, start, { ...options, evaluations: REFERENCE_EVALUATIONS });
  return {
    evaluations: few.evaluations,
    errors: distances(few.points, reference.points, options.dimension),
  };
}

/**
 * [grid·grid] ∇·v in the middle of each cell of a two-dimensional velocity, rows from the lowest y up; `extent` is
 * [x₀, x₁, y₀, y₁]. Central differences over the width and height of the cell.
 */
export async function divergenceOnGrid(
  velocity: Velocity,
  time: number,
  grid: number,
  [left, right, bottom, top]: readonly [number, number, number, number],
): Promise<Float32Array> {
  const [width, height] = [(right - left) / grid, (top - bottom) / grid];
  const cells = grid * grid;
  const offsets = [
    [width / 2, 0],
    [-width / 2, 0],
    [0, height / 2],
    [0, -height / 2],
  ] as const;
  const points = new Float32Array(offsets.length * cells * 2);
  offsets.forEach(([dx, dy], side) => {
    for (let cell = 0; cell < cells; cell++) {
      const at = 2 * (side * cells + cell);
      points[at] = left + ((cell % grid) + 0.5) * width + dx;
      points[at + 1] = bottom + (Math.floor(cell / grid) + 0.5) * height + dy;
    }
  });
  const slopes = await velocity(time, points);
  const component = (side: number, cell: number, axis: 0 | 1): number =>
    slopes[2 * (side * cells + cell) + axis]!;
  return Float32Array.from(
    { length: cells },
    (_, cell) =>
      (component(0, cell, 0) - component(1, cell, 0)) / width +
      (component(2, cell, 1) - component(3, cell, 1)) / height,
  );
}

/** [n] Euclidean distances between the rows of two [n, dimension] arrays. */
function distances(left: Float32Array, right: Float32Array, dimension: number): Float32Array {
  const out = new Float32Array(left.length / dimension);
  return out.map((_, row) => Math.sqrt(squaredDistance(left, row, right, row, dimension)));
}
