/**
 * @file Scores whose measure of a residual is learned from the residuals of the fit rows near it: ellipsoids with their
 * covariance, and the transport map of OT-CP+ (arXiv 2501.18991).
 */
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { choleskyFactor, momentsOf, whiteningOf } from '../../../numerics/cholesky';
import { nearestRows } from '../../../numerics/neighbours';
import {
  LOCAL_EPSILON,
  LOCAL_POINTS,
  localRank,
  localSolver,
  openLocalProgram,
} from '../../../transport/rank/local';
import { TAIL_WEIGHT } from '../../../transport/rank/rank';
import { ballReference } from '../../../transport/rank/reference';
import { residualsOf } from '../predicted';
import { logEllipsoidVolume } from '../region/volume';
import type { OpenScore, ScoreContext, ScoreDefinition, TableShape } from '../types';
import { guardsTail, tailGuardOf } from './otcp';
import { isShared, usualScore } from './program';

/** Share of the neighbours' covariance; the rest is the global one (section 2.1). */
const LOCAL_SHARE = 0.95;
/** Radii of the local reference; the rest are directions. */
const RADII = 8;
/** What was learned at a row is kept for so many rows, by their features. */
const MOST_KEPT = 4096;
/** From this many candidates at one row on, a program is quicker than loops. */
const MANY = 512;

/** ‖Σ(x)^{−1/2}(e − μ)‖₂ with Σ(x) = .95·Cov(residuals of the k nearest fit rows) + .05·Σ (section 2.1). */
export const localEllipsoid: ScoreDefinition = {
  ...usualScore('localEllipsoid'),
  async fit(context) {
    const { d } = context.shape;
    const residuals = residualsOf(context.fit);
    const { mean, covariance } = momentsOf(residuals, d);
    const { arrays, facts } = fitRows(context, Float32Array.from(residuals));
    return {
      arrays: { mean: vector(mean), covariance: { data: covariance, shape: [d, d] }, ...arrays },
      facts,
    };
  },
  async open(_compute, shape, arrays) {
    const { d } = shape;
    const [mean, global] = [arrays.mean!.data, arrays.covariance!.data];
    const { at, evaluate } = localScore(shape, arrays, {
      learn(residuals) {
        const { covariance } = momentsOf(residuals, d);
        const mixed = covariance.map((value, k) => LOCAL_SHARE * value + (1 - LOCAL_SHARE) * global[k]!);
        // A mixture of two positive definite matrices is one.
        return whiteningOf(choleskyFactor(mixed, d)!, d);
      },
      score({ whitening }, residuals, from) {
        let sum = 0;
        for (let i = 0; i < d; i++) {
          let z = 0;
          for (let j = 0; j <= i; j++) z += whitening[i * d + j]! * (residuals[from + j]! - mean[j]!);
          sum += z * z;
        }
        return Math.sqrt(sum);
      },
    });
    return {
      evaluate,
      logVolume: (radius, _prediction, x) => logEllipsoidVolume(d, radius, -2 * at(x).logDeterminant),
      close: async () => undefined,
    };
  },
};

/**
 * s(x, y) = ‖T_x(y − ŷ(x))‖ with T_x fitted on the residuals of the k fit rows nearest to x. The neighbours come from the fit
 * rows, not from a half of the calibration rows as in the paper: the threshold then uses all calibration rows, as it does
 * for every other score.
 */
export const otcpLocal: ScoreDefinition = {
  ...usualScore('otcpLocal'),
  source: 'section 1.11; arXiv 2501.18991',
  async fit(context) {
    const { fit, settings, seed, shape } = context;
    const sizes = { radii: RADII, directions: LOCAL_POINTS / RADII, originCopies: 0 };
    const { points } = ballReference(shape.d, sizes, { seed });
    const { arrays, facts } = fitRows(context, residualsOf(fit));
    return {
      arrays: {
        ...{ points: { data: points, shape: [LOCAL_POINTS, shape.d] }, ...arrays },
        tailGuard: tailGuardOf(settings),
      },
      facts: { ...facts, epsilon: LOCAL_EPSILON, points: LOCAL_POINTS },
    };
  },
  async open(compute, shape, arrays) {
    const points = arrays.points!.data as Float32Array;
    const tailWeight = guardsTail(arrays) ? TAIL_WEIGHT : 0;
    const rank = localRank(points, shape.d);
    let program: ReturnType<typeof openLocalProgram> | undefined;
    const { evaluate } = localScore(shape, arrays, {
      learn: localSolver(points, shape.d),
      score: (map, residuals, from) => rank(map, residuals, from, tailWeight),
      async many(map, residuals) {
        program ??= openLocalProgram(compute, points, shape.d);
        return (await program).ranks(map, residuals, tailWeight);
      },
    });
    return { evaluate, close: async () => (await program)?.close() };
  },
};

/** What rows near another one are found among, and how many of them count as near. */
function fitRows({ fit, settings, shape }: ScoreContext, residuals: Float32Array | Float64Array) {
  const { count, x } = fit.rows;
  const neighbours = Math.min(settings.neighbours, count);
  const arrays = {
    residuals: { data: residuals, shape: [count, shape.d] },
    x: { data: x, shape: [count, shape.features] },
    neighbours: vector(Int32Array.of(neighbours)),
  };
  return { arrays, facts: { neighbours } };
}

interface LocalRule<T> {
  /** From the residuals [k, d] of nearby rows. */
  learn: (residuals: Float64Array) => T;
  /** Of the residual [d] that begins at `from`. */
  score: (learned: T, residuals: Float64Array, from: number) => number;
  /** Of many residuals [n, d] at one row, where there is a quicker way. */
  many?: (learned: T, residuals: Float64Array) => Promise<Float64Array>;
}

/** Scores by what a rule learns at each row of features, once as long as it is kept: the one not used for longest goes. */
function localScore<T>(
  { d, features }: TableShape,
  { residuals, x: fitted, neighbours }: Arrays,
  { learn, score, many }: LocalRule<T>,
): { at: (x: Float32Array) => T; evaluate: OpenScore['evaluate'] } {
  const known = new Map<string, T>();

  const learnAt = (x: Float32Array): T => {
    const near = nearestRows(x, fitted!.data as Float32Array, features, neighbours!.data[0]!);
    const points = new Float64Array(near.length * d);
    near.forEach((row, k) => points.set(residuals!.data.subarray(row * d, (row + 1) * d), k * d));
    return learn(points);
  };

  const at = (x: Float32Array): T => {
    const key = Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString('latin1');
    const learned = known.get(key) ?? learnAt(x);
    known.delete(key);
    known.set(key, learned);
    if (known.size > MOST_KEPT) known.delete(known.keys().next().value!);
    return learned;
  };

  return {
    at,
    async evaluate({ count, y, prediction, x }) {
      const centre = prediction.mean!.data;
      const shared = isShared(prediction, count);
      const asked = Float64Array.from(y, (value, k) => value - centre[shared ? k % d : k]!);
      if (many && shared && count >= MANY) return many(at(x.subarray(0, features)), asked);
      return Float64Array.from({ length: count }, (_, row) => {
        const from = shared ? 0 : row * features;
        return score(at(x.subarray(from, from + features)), asked, row * d);
      });
    },
  };
}
