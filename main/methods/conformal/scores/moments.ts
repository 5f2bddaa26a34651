/** @file Scores that scale residuals by their moments on the fit rows: the scaled box and the ellipsoid. */
import {
  absolute,
  constant,
  divide,
  matmul,
  reduceMax,
  reduceSum,
  sqrt,
  square,
  subtract,
  type Tensor,
} from '../../../../native-models';
import { momentsOf, whiteningOf } from '../../../numerics/cholesky';
import type { Arrays } from '../../../contract/define';
import type { ScoreDefinition } from '../types';
import { logCubeVolume, logEllipsoidVolume } from '../region/volume';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { residualsOf } from './residuals';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** A row vector of constants. */
function row(array: Arrays[string]): Tensor {
  return constant(array.data, [1, array.data.length]);
}

/** max_j |e_j − μ_j| / σ_j: a box whose sides follow the spread of each target. */
export const maxStd: ProgramDefinition = {
  ...scoreWords('maxStd'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mean'],
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, covariance } = momentsOf(residualsOf(fit.rows, fit.prediction), d);
    const deviation = Float32Array.from(mean, (_, j) => Math.sqrt(covariance[j * d + j]!));
    return {
      arrays: {
        mean: { data: Float32Array.from(mean), shape: [d] },
        deviation: { data: deviation, shape: [d] },
      },
      facts: {},
    };
  },
  build(arrays, { mean }, y) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    return reduceMax(absolute(divide(centred, row(arrays.deviation!))), 1);
  },
  async open(compute, shape, arrays) {
    const logScale = (arrays.deviation!.data as Float32Array).reduce(
      (sum, value) => sum + Math.log(value),
      0,
    );
    return {
      ...openProgramScore(compute, maxStd, shape, arrays),
      logVolume: (radius) => logCubeVolume(shape.d, radius) + logScale,
    };
  },
};

/** ‖Σ^{−1/2}(e − μ)‖₂ with Σ of the fit residuals: an ellipsoid. */
export const mahalanobis: ProgramDefinition = {
  ...scoreWords('mahalanobis'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mean'],
  fixedShape: true,
  async fit({ fit, shape: { d } }) {
    const { mean, factor } = momentsOf(residualsOf(fit.rows, fit.prediction), d);
    const { whitening, logDeterminant } = whiteningOf(factor, d);
    return {
      arrays: {
        mean: { data: Float32Array.from(mean), shape: [d] },
        whitening: { data: Float32Array.from(whitening), shape: [d, d] },
        logDeterminant: { data: Float64Array.of(logDeterminant), shape: [1] },
      },
      facts: {},
    };
  },
  build(arrays, { mean }, y, { d }) {
    const centred = subtract(subtract(y, mean!), row(arrays.mean!));
    const whitening = constant(arrays.whitening!.data, [d, d]);
    return sqrt(reduceSum(square(matmul(centred, whitening, { transposeRight: true })), 1));
  },
  async open(compute, shape, arrays) {
    const logDeterminant = arrays.logDeterminant!.data[0]!;
    return {
      ...openProgramScore(compute, mahalanobis, shape, arrays),
      // log det Σ from that of its whitening.
      logVolume: (radius) => logEllipsoidVolume(shape.d, radius, -2 * logDeterminant),
    };
  },
};
