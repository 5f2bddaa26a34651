/** @file Scores of the residual's length: as it is (arXiv 2502.03609, Merge-CP and its kin), or scaled by the fit rows' moments. */
import {
  absolute,
  constant,
  divide,
  matmul,
  reduceMax,
  reduceSum,
  subtract,
  type Tensor,
} from '../../../../native-models';
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { momentsOf, whiteningOf } from '../../../numerics/cholesky';
import { normTensor } from '../../../transport/rank/rank';
import { residualsOf } from '../predicted';
import { logBallVolume, logCubeVolume, logDiamondVolume, logEllipsoidVolume } from '../region/volume';
import type { ScoreDefinition } from '../types';
import type { ScoreId } from './catalogue';
import { programScore } from './program';

/** The length of a residual by some norm; `logVolume` is that of the norm's ball of a radius. */
function norm(
  id: ScoreId,
  lengthOf: (residual: Tensor) => Tensor,
  logVolume: (d: number, radius: number) => number,
): ScoreDefinition {
  return programScore(id, {
    fixedShape: true,
    build: (_, { mean }, y) => lengthOf(subtract(y, mean!)),
    logVolume:
      ({ d }) =>
      (radius) =>
        logVolume(d, radius),
  });
}

/** ‖y − ŷ‖₂: a ball. */
export const l2 = norm('l2', normTensor, logBallVolume);
/** ‖y − ŷ‖₁: a cross-polytope. */
export const l1 = norm('l1', (residual) => reduceSum(absolute(residual), 1), logDiamondVolume);
/** ‖y − ŷ‖∞: a cube. */
export const linf = norm('linf', (residual) => reduceMax(absolute(residual), 1), logCubeVolume);

/** max_j |e_j − μ_j| / σ_j: a box whose sides follow the spread of each target. */
export const maxStd = programScore('maxStd', {
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, covariance } = momentsOf(residualsOf(fit), d);
    const deviation = Float32Array.from(mean, (_, j) => Math.sqrt(covariance[j * d + j]!));
    return { arrays: { mean: vector(Float32Array.from(mean)), deviation: vector(deviation) } };
  },
  build(arrays, { mean }, y) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    return reduceMax(absolute(divide(centred, row(arrays.deviation!))), 1);
  },
  logVolume({ d }, { deviation }) {
    const logScale = (deviation!.data as Float32Array).reduce((sum, value) => sum + Math.log(value), 0);
    return (radius) => logCubeVolume(d, radius) + logScale;
  },
});

/** ‖Σ^{−1/2}(e − μ)‖₂ with Σ of the fit residuals: an ellipsoid. */
export const mahalanobis = programScore('mahalanobis', {
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, factor } = momentsOf(residualsOf(fit), d);
    const { whitening, logDeterminant } = whiteningOf(factor, d);
    return {
      arrays: {
        mean: vector(Float32Array.from(mean)),
        whitening: { data: Float32Array.from(whitening), shape: [d, d] },
        logDeterminant: vector(Float64Array.of(logDeterminant)),
      },
    };
  },
  build(arrays, { mean }, y, { d }) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    const whitening = constant(arrays.whitening!.data, [d, d]);
    return normTensor(matmul(centred, whitening, { transposeRight: true }));
  },
  // log det Σ from that of its whitening.
  logVolume:
    ({ d }, { logDeterminant }) =>
    (radius) =>
      logEllipsoidVolume(d, radius, -2 * logDeterminant!.data[0]!),
});

/** A row vector of constants. */
function row({ data }: Arrays[string]): Tensor {
  return constant(data, [1, data.length]);
}
