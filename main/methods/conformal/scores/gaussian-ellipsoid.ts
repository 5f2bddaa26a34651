/** @file Ellipsoids whose covariance a Gaussian head predicts: standardised residuals by their length (arXiv 2507.20941). */
import { reduceSum, sqrt, square } from '../../../../native-models';
import { logBallVolume } from '../region/volume';
import type { ScoreDefinition } from '../types';
import { logStandardisation, standardisedTensor } from './otcp-standardised';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';

/** ‖W(x)·(y − mean(x))‖₂ with (WᵀW)⁻¹ the predicted covariance. */
export const gaussianEllipsoid: ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>> = {
  ...scoreWords('gaussianEllipsoid'),
  source: 'section 2.1; arXiv:2507.20941',
  guarantee: 'exact',
  needs: ['gaussian'],
  fit: async () => ({ arrays: {}, facts: {} }),
  build: (_, prediction, y) => sqrt(reduceSum(square(standardisedTensor(prediction, y)), 1)),
  async open(compute, shape, arrays) {
    return {
      ...openProgramScore(compute, gaussianEllipsoid, shape, arrays),
      logVolume: (radius, prediction) => logBallVolume(shape.d, radius) - logStandardisation(prediction),
    };
  },
};
