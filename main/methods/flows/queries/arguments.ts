/** @file The shapes of all query arguments, checked before any work. */
import * as v from 'valibot';

const step = v.union([v.pipe(v.number(), v.integer(), v.minValue(0)), v.literal('latest')]);
const solver = v.picklist(['euler', 'midpoint', 'heun', 'rk4', 'dopri5', 'dpm2']);
const grid = v.optional(v.picklist(['uniform', 'edm', 'sigmoid', 'squared']));
const evaluations = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));
const noiseSeed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const count = (maximum: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximum));
const finite = v.pipe(v.number(), v.finite());

export const displayArguments = v.strictObject({ count: count(100_000) });
export const trajectoriesArguments = v.strictObject({
  step,
  solver,
  evaluations,
  count: count(20_000),
  noiseSeed,
  grid,
});
export const curvatureArguments = v.strictObject({ step, count: count(20_000), noiseSeed });
export const pairsArguments = v.strictObject({
  coupling: v.picklist(['independent', 'assignment', 'sinkhorn', 'semidiscrete', 'map']),
  count: count(8192),
});
export const fieldArguments = v.strictObject({
  step,
  time: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  grid: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(256)),
  extent: v.tuple([finite, finite, finite, finite]),
});
export const divergenceArguments = fieldArguments;
export const speedArguments = curvatureArguments;
export const fewStepErrorArguments = v.strictObject({
  step,
  solver,
  evaluations,
  count: count(20_000),
  noiseSeed,
});
export const curvesArguments = v.strictObject({
  step,
  solver,
  evaluations: v.pipe(v.array(evaluations), v.minLength(1), v.maxLength(16)),
  count: count(20_000),
});
const generation = {
  step,
  solver,
  noiseSeed,
  label: v.optional(v.union([v.picklist(['each', 'none']), v.pipe(v.number(), v.integer(), v.minValue(0))])),
  guidance: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(20))),
};
export const samplesArguments = v.strictObject({
  ...generation,
  evaluations: v.pipe(v.array(evaluations), v.minLength(1), v.maxLength(16)),
  count: count(1024),
});
export const nearestArguments = v.strictObject({
  ...generation,
  evaluations,
  count: count(256),
  neighbours: count(16),
});
export const interpolationArguments = v.strictObject({
  ...generation,
  evaluations,
  from: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023)),
  to: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023)),
  count: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(128)),
});
