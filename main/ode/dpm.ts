/** @file DPM-Solver-2 (Lu et al., arXiv 2206.00927) in the time of a flow: exponential steps in λ = log(t/(1−t)) of the denoiser. */
import type { Observe, Solution, Velocity } from './fixed';

/** Where between the ends of a step, in λ, the second evaluation lies. */
const RATIO = 0.5;

/** The number of intervals that spends at most `evaluations`, at least one; the first and the last, where λ is infinite, take one. */
export function dpmIntervals(evaluations: number): number {
  return evaluations < 2 ? 1 : Math.floor((evaluations + 2) / 2);
}

/** x̂₁ = x + (1−t)·v, the denoiser. */
export function denoised(velocity: Float32Array, points: Float32Array, time: number): Float32Array {
  return points.map((value, k) => value + (1 - time) * velocity[k]!);
}

/**
 * x_e = (1−t_e)/(1−t_s)·x_s + (t_e − t_s(1−t_e)/(1−t_s))·D: the exact solution while the denoiser is constant, and the
 * Euler step when D is its value at the start.
 */
function exponentialStep(points: Float32Array, denoiser: Float32Array, from: number, to: number) {
  const kept = (1 - to) / (1 - from);
  const gained = to - from * kept;
  return points.map((value, k) => kept * value + gained * denoiser[k]!);
}

/** Integrates along ascending `times` from 0 to 1. `order` 1 is Euler's method in other words. */
export async function solveDpm(
  velocity: Velocity,
  start: Float32Array,
  times: Float64Array,
  order: 1 | 2 = 2,
  observe?: Observe,
): Promise<Solution> {
  let points: Float32Array = start.slice();
  let evaluations = 0;
  const denoise = async (time: number, at: Float32Array) => {
    evaluations++;
    return denoised(await velocity(time, at), at, time);
  };
  observe?.(times[0]!, points);
  for (let step = 0; step + 1 < times.length; step++) {
    const [from, to] = [times[step]!, times[step + 1]!];
    let denoiser = await denoise(from, points);
    if (order === 2 && from > 0 && to < 1) {
      const [low, high] = [logit(from), logit(to)];
      const between = 1 / (1 + Math.exp(-(low + RATIO * (high - low))));
      const middle = await denoise(between, exponentialStep(points, denoiser, from, between));
      denoiser = denoiser.map((value, k) => value + (middle[k]! - value) / (2 * RATIO));
    }
    points = exponentialStep(points, denoiser, from, to);
    observe?.(to, points);
  }
  return { points, evaluations };
}

function logit(time: number): number {
  return Math.log(time / (1 - time));
}
