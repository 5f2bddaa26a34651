/**
 * @file For tests: what a network of a flow may predict — velocity, data or noise — and the ways between, for x_t = (1−t)·x₀ + t·x₁.
 *
 * Time runs from 0 (noise, source) to 1 (data). Papers that count from data to noise are converted at the edge, by
 * `reversedTime`.
 */
import type { Velocity } from '../fixed';

/** x̂₀ = x − t·v, the noise. */
export function noiseOf(velocity: Float32Array, points: Float32Array, time: number): Float32Array {
  return points.map((value, k) => value - time * velocity[k]!);
}

/** v = (x̂₁ − x)/(1−t), for t < 1. */
export function velocityOfDenoised(denoiser: Float32Array, points: Float32Array, time: number): Float32Array {
  return points.map((value, k) => (denoiser[k]! - value) / (1 - time));
}

/** v = (x − x̂₀)/t, for t > 0. */
export function velocityOfNoise(noise: Float32Array, points: Float32Array, time: number): Float32Array {
  return points.map((value, k) => (value - noise[k]!) / time);
}

/** D(y, σ) for y = data + σ·noise (Karras et al., arXiv 2206.00364). */
export type EdmDenoiser = (points: Float32Array, noiseLevel: number) => Promise<Float32Array>;

/** The flow of an EDM denoiser: D(t, x) = D_edm(x/t, (1−t)/t), for 0 < t < 1. */
export function velocityOfEdm(denoiser: EdmDenoiser): Velocity {
  return async (time, points) => {
    const scaled = points.map((value) => value / time);
    return velocityOfDenoised(await denoiser(scaled, (1 - time) / time), points, time);
  };
}

/** v(t, x) = −u(1−t, x): a velocity in the other time, which runs from data to noise, in ours; its own inverse. */
export function reversedTime(velocity: Velocity): Velocity {
  return async (time, points) => (await velocity(1 - time, points)).map((value) => -value);
}

/** Mean over rows and coordinates of (v(t, x_t) − (x₁ − x₀))² at one time, x_t = (1−t)·x₀ + t·x₁. */
export async function matchingLoss(
  velocity: Velocity,
  x0: Float32Array,
  x1: Float32Array,
  time: number,
): Promise<number> {
  const at = x0.map((value, k) => (1 - time) * value + time * x1[k]!);
  const predicted = await velocity(time, at);
  let sum = 0;
  for (let k = 0; k < at.length; k++) sum += (predicted[k]! - (x1[k]! - x0[k]!)) ** 2;
  return sum / at.length;
}
