/** @file Questions about the clouds of source and data points and how they are paired. */
import * as v from 'valibot';
import type { ImageShape } from '../../../contract/data';
import { between, question, whole } from '../../../contract/query';

/** Tables of P and curves are for looking at: more points would neither fit the screen nor answer at once. */
const LARGEST_TABLE = 512;
/** Batches in the study of n. */
export const LARGEST_BATCH = 2048;

const tableCount = whole(2, LARGEST_TABLE);
const epsilon = between(1e-4, 100);

const knob = v.picklist(['epsilon', 'sharpness']);
/** A relative ε, or the sharpness E* it is solved for; the other kinds have no knob and ignore it. */
const batchChoice = { coupling: v.picklist(['independent', 'assignment', 'sinkhorn']), knob, value: epsilon };
/** A semidiscrete coupling may have no blur at all. */
const choice = {
  coupling: v.picklist(['independent', 'assignment', 'sinkhorn', 'semidiscrete']),
  knob,
  value: v.union([epsilon, v.literal(0)]),
};
/** What fixes a coupling of a given set of points. */
export type CouplingChoice = v.InferOutput<v.StrictObjectSchema<typeof choice, undefined>>;

export const cloudQuestions = {
  /** Source and data clouds at rest. */
  display: question<{
    /** Dimension of the data before projection. */
    dimension: number;
    axes: [string, string];
    /** [n, 2] points of the source and of the data. */
    source: Float32Array;
    target: Float32Array;
    /** Rows of the data set behind `target`. */
    targetRows: Uint32Array;
    labelNames: string[];
    image: ImageShape | null;
  }>()(v.strictObject({ count: whole(1, 100_000) })),

  /** The same source and data points under another coupling, with the run's own ε, cost and classes. */
  pairs: question<{
    /** [n, 2] each; segment i goes from source[i] to target[i]. */
    source: Float32Array;
    target: Float32Array;
    /** ½‖x₀−x₁‖² in data units. */
    cost: Float32Array;
    /** Renormalised entropy E(P): 0 = permutation, 1 = independent. */
    sharpness: number;
  }>()(
    v.strictObject({
      /** The known map of a problem as well, which needs no data points. */
      coupling: v.picklist(['independent', 'assignment', 'sinkhorn', 'semidiscrete', 'map']),
      count: whole(1, 8192),
    }),
  ),
};

/** Questions about one small set of points under a chosen coupling: all speak of the same points. */
export const couplingQuestions = {
  /** The set, its pairs and what they cost. */
  coupling: question<{
    count: number;
    axes: [string, string];
    /** [n, 2] source and data points; row i of P belongs to source[i], column j to target[j]. */
    source: Float32Array;
    target: Float32Array;
    /** [n] rows of the data set behind `target`. */
    targetRows: Uint32Array;
    /** [n] the column drawn for each row. */
    columns: Int32Array;
    /** [n] of the drawn pairs: ½‖x₀−x₁‖² in data units, and P(x₁|x₀) = n·P_ij. */
    cost: Float32Array;
    share: Float32Array;
    /** Renormalised entropy E(P): 0 = permutation, 1 = independent. */
    sharpness: number;
    /** Relative ε used, in standard deviations of the cost; 0 where nothing is blurred. */
    epsilon: number;
    iterations: number;
    /** L1 violation of the marginals; for semidiscrete χ² of how evenly the data points are used. */
    marginalError: number;
    converged: boolean;
    /** Whether the sharpness asked for was met within .01; true where none was asked for. */
    reached: boolean;
    seconds: number;
    /** [n] exp of each row's entropy: how many data points a source point is spread over. */
    effectiveTargets: Float32Array;
    /** [n] how often each data point was drawn when every source point drew once. */
    draws: Uint32Array;
    /** Mean of Var(x₁|x₀) under P, as a share of Var(x₁), per standardised column. */
    conditionalVariance: number;
  }>()(v.strictObject({ ...choice, count: tableCount })),

  /** P of the same points, sorted. */
  couplingTable: question<{
    count: number;
    /** [n, n] P(x₁|x₀) = n·P_ij in sorted order, rows first. */
    shares: Float32Array;
    /** [n] the source point of each row and the data point of each column. */
    rowOrder: Int32Array;
    columnOrder: Int32Array;
  }>()(v.strictObject({ ...choice, count: tableCount, order: v.picklist(['component', 'class']) })),

  /** E(P) and its price at a relative ε over the same points. */
  couplingCurve: question<{
    epsilon: number;
    sharpness: number;
    iterations: number;
    seconds: number;
  }>()(v.strictObject({ epsilon, count: tableCount })),
};

/** Studies of what a coupling does. */
export const studyQuestions = {
  /** How blurred the partner of a source point is over fresh batches of `size` points; a semidiscrete coupling has none. */
  couplingScaling: question<{
    size: number;
    /** Var(x₁|x₀) as a share of Var(x₁), over batches and draws. */
    conditionalVariance: number;
    /** Estimated intrinsic dimension r of the data (two nearest neighbours), and the rows it was estimated on. */
    intrinsicDimension: number;
    dimensionRows: number;
    /** Largest batch that can be asked for with this data. */
    largest: number;
  }>()(v.strictObject({ ...batchChoice, size: whole(8, LARGEST_BATCH) }), { slow: true }),

  /** Images coupled with their own circular blur, whose true coupling is the identity. */
  couplingBlur: question<{
    count: number;
    epsilon: number;
    /** Σ_i P_ii. */
    diagonal: number;
    sharpness: number;
  }>()(v.strictObject({ epsilon, count: tableCount }), { slow: true }),
};
