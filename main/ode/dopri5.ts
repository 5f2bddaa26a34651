/** @file The adaptive 5(4) method of Dormand and Prince (1980) with the PI step controller of Gustafsson (1991). */
import { MongeError } from '../../native-models/error';
import type { Observe, Solution, Velocity } from './fixed';

const nodes = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const stages = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
/** Difference of the fifth- and fourth-order weights. */
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

// Controller of Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I", IV.2.
const SAFETY = 0.9;
const BETA = 0.04;
const ALPHA = 0.2 - 0.75 * BETA;
const SHRINK = 0.2;
const GROW = 10;

/** Of a state x: absolute plus relative times |x|. */
const ABSOLUTE_TOLERANCE = 1e-5;
const RELATIVE_TOLERANCE = 1e-5;

/**
 * Integrates particles of `dimension` numbers from time 0 to 1; one step size for all, ruled by the worst of them.
 * Throws `solver-not-finite` when the velocity is not a number and `solver-too-many-steps` when it is too stiff.
 */
export async function solveDopri5(
  velocity: Velocity,
  start: Float32Array,
  { dimension, maximumSteps = 2000 }: { dimension: number; maximumSteps?: number },
  observe?: Observe,
): Promise<Solution> {
  let time = 0;
  let points: Float32Array = start.slice();
  let slopes = [await velocity(0, points)];
  let evaluations = 1;
  let size = 0.05;
  let previousError = 1e-4;
  observe?.(0, points);
  for (let attempt = 0; time < 1; attempt++) {
    if (attempt === maximumSteps) throw tooManySteps(time, maximumSteps);
    // A last step within rounding of the end is stretched to it.
    if (time + size * (1 + 1e-9) >= 1) size = 1 - time;
    for (let stage = 1; stage < nodes.length; stage++) {
      slopes[stage] = await velocity(
        Math.min(1, time + nodes[stage]! * size),
        combined(points, slopes, stages[stage]!, size),
      );
      evaluations++;
    }
    const next = combined(points, slopes, stages[6]!, size);
    const error = worstError(points, next, slopes, size, dimension);
    if (!Number.isFinite(error)) throw notFinite(time);
    if (error <= 1) {
      time = time + size >= 1 - 1e-12 ? 1 : time + size;
      points = next;
      slopes = [slopes[6]!]; // First same as last: stage 7 is the next step's first.
      observe?.(time, points);
      const factor = SAFETY * Math.max(error, 1e-10) ** -ALPHA * previousError ** BETA;
      size *= Math.min(GROW, Math.max(SHRINK, factor));
      previousError = Math.max(error, 1e-4);
    } else size *= Math.max(SHRINK, SAFETY * error ** -ALPHA);
  }
  return { points, evaluations };
}

function combined(
  points: Float32Array,
  slopes: readonly Float32Array[],
  weights: readonly number[],
  size: number,
): Float32Array {
  return points.map((value, k) => {
    let slope = 0;
    for (let stage = 0; stage < weights.length; stage++) slope += weights[stage]! * slopes[stage]![k]!;
    return value + size * slope;
  });
}

/** Largest over particles of the root-mean-square of error / (atol + rtol·|x|). */
function worstError(
  before: Float32Array,
  after: Float32Array,
  slopes: readonly Float32Array[],
  size: number,
  dimension: number,
): number {
  let worst = 0;
  for (let row = 0; row < before.length; row += dimension) {
    let sum = 0;
    for (let k = row; k < row + dimension; k++) {
      let error = 0;
      for (let stage = 0; stage < 7; stage++) error += errorWeights[stage]! * slopes[stage]![k]!;
      const reach = Math.max(Math.abs(before[k]!), Math.abs(after[k]!));
      const tolerance = ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * reach;
      sum += ((size * error) / tolerance) ** 2;
    }
    const particle = Math.sqrt(sum / dimension);
    if (!(particle <= worst)) worst = particle;
    if (Number.isNaN(worst)) return worst;
  }
  return worst;
}

function notFinite(time: number): MongeError {
  return new MongeError({
    code: 'solver-not-finite',
    what: 'the velocity of the flow is not a finite number',
    where: { key: `t = ${time.toFixed(4)}` },
    help: 'lower learningRate and train again, or look at an earlier snapshot',
  });
}

function tooManySteps(time: number, maximum: number): MongeError {
  return new MongeError({
    code: 'solver-too-many-steps',
    what: 'the adaptive solver could not reach its tolerance',
    where: { key: `t = ${time.toFixed(4)}` },
    expected: `at most ${maximum} attempted steps`,
    help: 'use a solver with a fixed number of evaluations, or train longer',
  });
}
