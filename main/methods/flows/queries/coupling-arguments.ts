/** @file The shapes of the arguments of all questions about couplings. */
import * as v from 'valibot';

/** Tables of P and curves are for looking at: more points would neither fit the screen nor answer at once. */
export const LARGEST_TABLE = 512;
/** Batches in the study of n. */
export const LARGEST_BATCH = 2048;

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
const epsilon = v.pipe(v.number(), v.minValue(1e-4), v.maxValue(100));
const epsilons = v.pipe(v.array(epsilon), v.minLength(1), v.maxLength(4));
const count = whole(2, LARGEST_TABLE);

const knob = v.picklist(['epsilon', 'sharpness']);
/** A relative ε, or the sharpness it is solved for; the other kinds have no knob and ignore it. */
const batchChoice = {
  coupling: v.picklist(['independent', 'assignment', 'sinkhorn']),
  knob,
  value: epsilon,
};
/** A semidiscrete coupling may have no blur at all. */
const choice = {
  coupling: v.picklist(['independent', 'assignment', 'sinkhorn', 'semidiscrete']),
  knob,
  value: v.union([epsilon, v.literal(0)]),
};

export const couplingArguments = v.strictObject({ ...choice, count });
export const couplingTableArguments = v.strictObject({
  ...choice,
  count,
  order: v.picklist(['component', 'class']),
});
export const couplingCurveArguments = v.strictObject({ epsilons, count });
export const couplingScalingArguments = v.strictObject({ ...batchChoice, size: whole(8, LARGEST_BATCH) });
export const couplingBlurArguments = v.strictObject({ epsilons, count });
