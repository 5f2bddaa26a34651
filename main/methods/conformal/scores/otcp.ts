/** @file OTCP: the rank of a residual under one entropic transport map to the ball (arXiv 2502.03609). */
import { subtract } from '../../../../native-models';
import { mapOf } from '../../../transport/rank/entropic';
import { rankTensor } from '../../../transport/rank/rank';
import type { ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { residualsOf } from './residuals';
import { fitTransport, guardsTail, transportRows } from './transport';

/** s(x, y) = ‖T(y − ŷ(x))‖ with T fitted on the fit rows' residuals: a learned shape, the same for every row. */
export const otcp: ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>> = {
  ...scoreWords('otcp'),
  source: 'sections 1.3 and 1.6; arXiv 2502.03609',
  guarantee: 'exact',
  needs: ['mean'],
  fixedShape: true,
  fit: (context) => fitTransport(context, residualsOf(context.fit.rows, context.fit.prediction)),
  build: (arrays, { mean }, y) => rankTensor(mapOf(arrays), subtract(y, mean!), guardsTail(arrays)),
  async open(compute, shape, arrays) {
    return openProgramScore(compute, { ...otcp, rowsPerRun: transportRows(arrays) }, shape, arrays);
  },
};
