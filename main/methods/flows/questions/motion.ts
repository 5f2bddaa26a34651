/** @file Questions about the learned flow, and about the quality of samples over budgets. */
import * as v from 'valibot';
import { between, question, whole } from '../../../contract/query';

/** Step of a snapshot. */
export const stepArgument = v.union([whole(0, Infinity), v.literal('latest')]);
export const solver = v.picklist(['euler', 'midpoint', 'heun', 'rk4', 'dopri5', 'dpm2']);
/** Function evaluations asked for; dopri5 chooses its own. */
export const evaluations = whole(1, 1000);
/** The same noise for the same seed, whatever the model, class, solver or budget; fewer points are a prefix of more. */
export const noiseSeed = whole(0, Number.MAX_SAFE_INTEGER);

const finite = v.pipe(v.number(), v.finite());

/** Paths of particles from noise. */
const paths = { step: stepArgument, count: whole(1, 20_000), noiseSeed };
/** Points on a grid of so many per axis over [x₀, x₁, y₀, y₁]. */
const plane = v.strictObject({
  step: stepArgument,
  time: between(0, 1),
  grid: whole(2, 256),
  extent: v.tuple([finite, finite, finite, finite]),
});

/** Every answer says the step of the snapshot it was made with. */
export const motionQuestions = {
  /** Particles integrated from noise. */
  trajectories: question<{
    step: number;
    /** Function evaluations actually spent per particle. */
    evaluations: number;
    /** [T] from 0 (source) to 1 (data). */
    times: Float32Array;
    /** [T, n, 2] display positions. */
    positions: Float32Array;
    count: number;
  }>()(
    v.strictObject({
      ...paths,
      solver,
      evaluations,
      /** Where the steps of a fixed solver lie on [0, 1]; uniform by default. */
      grid: v.optional(v.picklist(['uniform', 'edm', 'sigmoid', 'squared'])),
    }),
  ),

  /** Per path ∫‖v−(x₁−x₀)‖² dt (50 Euler steps), summed over coordinates. */
  curvature: question<{
    step: number;
    /** [n], squared data units. */
    perPath: Float32Array;
    /** Mean over paths of ‖v−(x₁−x₀)‖² at each of `times`. */
    times: Float32Array;
    profile: Float32Array;
  }>()(v.strictObject(paths)),

  /** The velocity on a grid, for two-dimensional data only (`field-needs-two-dimensions` otherwise). */
  field: question<{
    step: number;
    /** [grid·grid, 2] positions and velocities. */
    positions: Float32Array;
    velocities: Float32Array;
  }>()(plane),

  /** ∇·v in the cells of a grid, for two-dimensional data only (`field-needs-two-dimensions` otherwise). */
  divergence: question<{
    step: number;
    grid: number;
    extent: [number, number, number, number];
    /** [grid·grid] rows from the lowest y up; positive where the flow spreads out. */
    values: Float32Array;
  }>()(plane),

  /** ‖v‖ along 50 Euler steps. */
  speed: question<{
    step: number;
    /** [T] times, and over the particles the mean, the 10 % and the 90 % quantile; data units per unit of time. */
    times: Float32Array;
    mean: Float32Array;
    low: Float32Array;
    high: Float32Array;
  }>()(v.strictObject(paths)),

  /** How far few evaluations end from 64 of the same solver, path by path; the paths of `curvature`. */
  fewStepError: question<{
    step: number;
    /** Evaluations spent by the cheap solution. */
    evaluations: number;
    /** [n] distances in data units. */
    errors: Float32Array;
  }>()(v.strictObject({ ...paths, solver, evaluations })),

  /** Distance of generated points to held-out rows. */
  curves: question<{
    step: number;
    /** Points in each cloud. */
    count: number;
    /** Evaluations spent. */
    evaluations: number;
    /** Sliced 2-Wasserstein distance in data units. */
    slicedW2: number;
    /** The distance between training and held-out rows at the same size. */
    floor: number;
  }>()(
    // At most so many points in each cloud; fewer where there are fewer held-out rows.
    v.strictObject({ step: stepArgument, solver, evaluations, count: whole(1, 20_000) }),
    { slow: true },
  ),
};
