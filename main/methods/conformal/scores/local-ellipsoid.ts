/** @file Ellipsoids with the covariance of nearby rows' residuals. */
import { choleskyFactor, momentsOf, whiteningOf } from '../../../numerics/cholesky';
import { nearestRows } from '../../../numerics/neighbours';
import { logEllipsoidVolume } from '../region/volume';
import type { Candidates, OpenScore, ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { isShared } from './program';
import { residualsOf } from './residuals';

/** Share of the neighbours' covariance; the rest is the global one (section 2.1). */
const LOCAL_SHARE = 0.95;

/** ‖Σ(x)^{−1/2}(e − μ)‖₂ with Σ(x) = .95·Cov(residuals of the k nearest fit rows) + .05·Σ (section 2.1). */
export const localEllipsoid: ScoreDefinition = {
  ...scoreWords('localEllipsoid'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mean'],
  async fit({ fit, settings, shape: { d, features } }) {
    const residuals = residualsOf(fit.rows, fit.prediction);
    const { mean, covariance } = momentsOf(residuals, d);
    return {
      arrays: {
        mean: { data: mean, shape: [d] },
        covariance: { data: covariance, shape: [d, d] },
        residuals: { data: Float32Array.from(residuals), shape: [fit.rows.count, d] },
        x: { data: fit.rows.x, shape: [fit.rows.count, features] },
        neighbours: { data: Int32Array.of(Math.min(settings.neighbours, fit.rows.count)), shape: [1] },
      },
      facts: { neighbours: Math.min(settings.neighbours, fit.rows.count) },
    };
  },
  async open(_compute, { d, features }, arrays): Promise<OpenScore> {
    const mean = arrays.mean!.data;
    const global = arrays.covariance!.data;
    const residuals = arrays.residuals!.data as Float32Array;
    const count = arrays.neighbours!.data[0]!;

    /** Whitening at one row of features. */
    const at = (x: Float32Array) => {
      const near = nearestRows(x, arrays.x!.data as Float32Array, features, count);
      const points = new Float64Array(near.length * d);
      near.forEach((row, k) => points.set(residuals.subarray(row * d, (row + 1) * d), k * d));
      const { covariance } = momentsOf(points, d);
      const mixed = covariance.map((value, k) => LOCAL_SHARE * value + (1 - LOCAL_SHARE) * global[k]!);
      // A mixture of two positive definite matrices is one.
      return whiteningOf(choleskyFactor(mixed, d)!, d);
    };

    const distance = (
      whitening: Float64Array,
      y: Float32Array,
      centre: ArrayLike<number>,
      row: number,
      own: number,
    ) => {
      let sum = 0;
      for (let i = 0; i < d; i++) {
        let z = 0;
        for (let j = 0; j <= i; j++)
          z += whitening[i * d + j]! * (y[row * d + j]! - centre[own * d + j]! - mean[j]!);
        sum += z * z;
      }
      return Math.sqrt(sum);
    };

    return {
      async evaluate({ count: candidates, y, prediction, x }: Candidates) {
        const centre = prediction.mean!.data;
        const shared = isShared(prediction, candidates);
        let place = at(x.subarray(0, features));
        return Float64Array.from({ length: candidates }, (_, row) => {
          if (!shared && row > 0) place = at(x.subarray(row * features, (row + 1) * features));
          return distance(place.whitening, y, centre, row, shared ? 0 : row);
        });
      },
      logVolume: (radius, _prediction, x) => logEllipsoidVolume(d, radius, -2 * at(x).logDeterminant),
      close: async () => undefined,
    };
  },
};
