/** @file Scores of the residual's length: L2, L1 and the largest coordinate (arXiv 2502.03609, Merge-CP and its kin). */
import {
  absolute,
  reduceMax,
  reduceSum,
  sqrt,
  square,
  subtract,
  type Tensor,
} from '../../../../native-models';
import type { ScoreDefinition } from '../types';
import { logBallVolume, logCubeVolume, logDiamondVolume } from '../region/volume';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';

interface Norm {
  id: 'l2' | 'l1' | 'linf';
  of: (residual: Tensor) => Tensor;
  /** Log-volume of the ball of a radius in d dimensions. */
  logVolume: (d: number, radius: number) => number;
}

function normScore({ id, of, logVolume }: Norm): ScoreDefinition {
  const definition: ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>> = {
    ...scoreWords(id),
    source: 'section 2.1',
    guarantee: 'exact',
    needs: ['mean'],
    fixedShape: true,
    fit: async () => ({ arrays: {}, facts: {} }),
    build: (_, { mean }, y) => of(subtract(y, mean!)),
    open: async (compute, shape, arrays) => ({
      ...openProgramScore(compute, definition, shape, arrays),
      logVolume: (radius) => logVolume(shape.d, radius),
    }),
  };
  return definition;
}

/** ‖y − ŷ‖₂: a ball. */
export const l2 = normScore({
  id: 'l2',
  of: (residual) => sqrt(reduceSum(square(residual), 1)),
  logVolume: logBallVolume,
});

/** ‖y − ŷ‖₁: a cross-polytope. */
export const l1 = normScore({
  id: 'l1',
  of: (residual) => reduceSum(absolute(residual), 1),
  logVolume: logDiamondVolume,
});

/** ‖y − ŷ‖∞: a cube. */
export const linf = normScore({
  id: 'linf',
  of: (residual) => reduceMax(absolute(residual), 1),
  logVolume: logCubeVolume,
});
